import { COMMAND_EFFECT, type CommandName, KvError, tableOf } from '@kv/protocol';
import type { Engine } from '../engine.js';
import type { HookEvents } from '../hooks/hook-events.js';
import type { PeerTls } from '../peer.js';

/**
 * Whom a rule is for: the subject of a verified certificate. An alternative name is given with its
 * kind: `DNS:reporting.example.org`, `URI:spiffe://example.org/reporting`.
 */
export type Identity =
  | { readonly commonName: string; readonly altName?: string | undefined }
  | { readonly commonName?: string | undefined; readonly altName: string };

/** Allows one identity some commands on some tables. */
export type IdentityRule = Identity & {
  /** Commands by name, or all that only `read`, or all that `write`. */
  readonly commands: readonly ('read' | 'write' | CommandName)[];
  /** Tables by name, or `all` of them, and what is about no table. */
  readonly tables: 'all' | readonly string[];
};

/** What {@link allowByIdentity} is told. */
export interface Access {
  readonly rules: readonly IdentityRule[];
  /** What becomes of calls from this process, which have no identity: allowed by default. */
  readonly inProcess?: 'allow' | 'refuse' | undefined;
}

/**
 * Allows peers what the rules for their TLS identity allow, and nothing else: whoever has no verified
 * certificate gets 401, whoever no rule allows a command gets 403. It is a `requestReceived` listener
 * like any other, and sees a request as the listeners before it have left it; register it after those
 * that change requests.
 *
 * ```js
 * allowByIdentity(engine, {
 *   rules: [
 *     { commonName: 'reporting', commands: ['read'], tables: ['metrics'] },
 *     { altName: 'URI:spiffe://example.org/ingest', commands: ['read', 'write'], tables: 'all' },
 *   ],
 * });
 * ```
 *
 * @returns takes the listener off again.
 * @throws {TypeError} for a rule that names nobody.
 */
export function allowByIdentity(engine: Engine, access: Access): () => void {
  const { inProcess = 'allow' } = access;
  const rules = access.rules.map(compile);
  const listener: HookEvents['requestReceived'] = ({ peer: { transport, tls }, request }) => {
    if (transport === 'in-process' && inProcess === 'allow') return;
    if (tls?.authorized !== true) {
      throw new KvError('UNAUTHENTICATED', 'A verified client certificate is needed');
    }
    const { case: command } = request.requestData;
    // A request without a command is refused by the engine.
    if (command === undefined) return;
    const table = tableOf(request);
    if (rules.some((allows) => allows(tls, command, table))) return;
    const where = table === undefined ? '' : ` on table ${table}`;
    throw new KvError('FORBIDDEN', `${command} is not allowed${where}`);
  };
  engine.hooks.on('requestReceived', listener);
  return () => void engine.hooks.off('requestReceived', listener);
}

type Allows = (tls: PeerTls, command: CommandName, table: string | undefined) => boolean;

/** Sets, not objects: names come from outside, and may be `__proto__`. */
function compile({ commonName, altName, ...rule }: IdentityRule): Allows {
  // From JavaScript, a rule with a misspelt name would be for everybody.
  if (typeof (commonName ?? altName) !== 'string') {
    throw new TypeError('A rule needs a commonName or an altName');
  }
  const commands = new Set<string>(rule.commands);
  const tables = rule.tables === 'all' ? undefined : new Set(rule.tables);
  return (tls, command, table) =>
    (commonName === undefined || commonName === tls.commonName) &&
    (altName === undefined || tls.altNames.includes(altName)) &&
    (commands.has(command) || commands.has(COMMAND_EFFECT[command])) &&
    (tables === undefined || (table !== undefined && tables.has(table)));
}
