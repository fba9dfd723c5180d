import {
  COMMAND_EFFECT,
  type CommandName,
  type CommandRequest,
  KvError,
  tableOf,
  topicOf,
} from '@kv/protocol';
import type { Engine } from '../engine.js';
import type { HookEvents } from '../hooks/hook-events.js';
import type { PeerTls } from '../peer.js';
import { TopicPattern } from '../topics/topic-pattern.js';

/**
 * Whom a rule is for: the subject of a verified certificate. An alternative name is given with its
 * kind: `DNS:reporting.example.org`, `URI:spiffe://example.org/reporting`.
 */
export type Identity =
  | { readonly commonName: string; readonly altName?: string | undefined }
  | { readonly commonName?: string | undefined; readonly altName: string };

/** Allows one identity some commands on some tables and topics. */
export type IdentityRule = Identity & {
  /**
   * Commands by name, or all that only `read`, or all that `write`. Who may `watch` may ask for `changes` as well, by
   * which a watch goes on after a lost connection.
   */
  readonly commands: readonly ('read' | 'write' | CommandName)[];
  /** Tables by name, or `all` of them, and what is about no table and no topic. */
  readonly tables: 'all' | readonly string[];
  /**
   * Topics by name or pattern (`chat.*`), or `all` of them: none by default. Who may listen to a pattern may
   * listen to those of which each topic is one of it.
   */
  readonly topics?: 'all' | readonly string[] | undefined;
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
 *     { commonName: 'reporting', commands: ['read'], tables: ['metrics'], topics: ['metrics.*'] },
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
    // A request without a command is refused by the engine; what a peer unsubscribes from is its own.
    if (command === undefined || command === 'unsubscribe') return;
    if (rules.some((allows) => allows(tls, command, request))) return;
    throw new KvError('FORBIDDEN', `${command} is not allowed${where(request)}`);
  };
  engine.hooks.on('requestReceived', listener);
  return () => void engine.hooks.off('requestReceived', listener);
}

type Allows = (tls: PeerTls, command: CommandName, request: CommandRequest) => boolean;

/** Sets, not objects: names come from outside, and may be `__proto__`. */
function compile({ commonName, altName, ...rule }: IdentityRule): Allows {
  // From JavaScript, a rule with a misspelt name would be for everybody.
  if (typeof (commonName ?? altName) !== 'string') {
    throw new TypeError('A rule needs a commonName or an altName');
  }
  const commands = new Set<string>(rule.commands);
  if (commands.has('watch')) commands.add('changes');
  const allowsTable = compileTables(rule.tables);
  const allowsTopic = compileTopics(rule.topics ?? []);
  return (tls, command, request) => {
    const topic = topicOf(request);
    return (
      (commonName === undefined || commonName === tls.commonName) &&
      (altName === undefined || tls.altNames.includes(altName)) &&
      (commands.has(command) || commands.has(COMMAND_EFFECT[command])) &&
      (topic === undefined ? allowsTable(tableOf(request)) : allowsTopic(topic))
    );
  };
}

function compileTables(tables: IdentityRule['tables']): (table: string | undefined) => boolean {
  if (tables === 'all') return () => true;
  const names = new Set(tables);
  return (table) => table !== undefined && names.has(table);
}

/**
 * A pattern is taken for a topic here: what a `*` of it stands for, a `*` of the rule's must stand for, so
 * each topic of the one is a topic of the other.
 */
function compileTopics(topics: 'all' | readonly string[]): (topic: string) => boolean {
  if (topics === 'all') return () => true;
  const patterns = topics.map((topic) => new TopicPattern(topic));
  return (topic) => patterns.some((pattern) => pattern.matches(topic));
}

function where(request: CommandRequest): string {
  const [table, topic] = [tableOf(request), topicOf(request)];
  if (topic !== undefined) return ` on topic ${topic}`;
  return table === undefined ? '' : ` on table ${table}`;
}
