import type { KvError, Position, Watch } from '@kv/protocol';
import { advising } from '../advising.js';
import { type ClientCommand, TABLE } from '../client-command.js';
import { count, text } from '../flags.js';
import { limited } from '../limited.js';
import { parsePosition, positionText } from '../position-argument.js';
import type { Item } from '../render.js';
import { checkUsage } from '../usage.js';

interface WatchFlags {
  readonly key?: string;
  readonly prefix?: string;
  readonly after?: Position;
  readonly snapshot?: boolean;
  readonly conflate?: boolean;
  readonly limit?: number;
}

const ADVICE = 'begin anew with --snapshot, and without --after';

export const watch: ClientCommand<[table: string], WatchFlags> = {
  summary: 'Print each change of a table, until it is interrupted',
  arguments: [TABLE],
  flags: [
    ['--key <key>', 'only changes of this key', text],
    ['--prefix <prefix>', 'only changes of keys that begin with this', (text) => text],
    [
      '--after <position>',
      'begin after this position: epoch:sequence, as --json prints it, or the JSON of a position of the library',
      (text) => checkUsage(() => parsePosition(text), '--after'),
    ],
    ['--snapshot', 'begin with all pairs of the table, as far as they are wanted', (text) => text],
    ['--conflate', 'of what it is too slow for, only the last change of each key', (text) => text],
    ['--limit <n>', 'end after so many lines', count(1)],
  ],
  note: `
Prints a change a line: what made it, the key, and the value that is there now. With --json, the position too, and the
value that was there before, if that is known. After a lost connection it goes on where it was, as far as the server has
kept the changes; if it has not, it fails, and --snapshot begins anew. A line on stderr, 'kv watches <table>', says when
it is in place: what is written after that is printed.
`,
  examples: [
    'kv watch users',
    'kv watch users --snapshot --json',
    'kv watch jobs --key next --limit 1',
    'kv watch users --prefix eu: --after 127803965044113:1234',
  ],
  prepare:
    ([table], _values, { key, prefix, after, snapshot, conflate, limit }) =>
    async (client, { signal }, say) => {
      const overflow = conflate === true ? 'conflate' : undefined;
      const onTooLarge = ({ message }: KvError): void => say(message);
      const options = { key, prefix, after, snapshot, overflow, signal, onTooLarge } as const;
      const watching = await client.watch(table, options);
      const { position } = watching;
      const from = position === undefined ? '' : ` after ${positionText(position)}`;
      say(`kv watches ${table}${from}`);
      return { items: limited(items(watching, signal), limit), live: true };
    },
};

async function* items(
  watching: Watch,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item, void, undefined> {
  yield* advising('GONE', ADVICE, watching);
  // It has ended because the client has.
  signal?.throwIfAborted();
}
