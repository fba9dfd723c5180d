import type { CallOptions, KvClient, Position, WatchOptions } from '@kv/protocol';
import { type ClientCommand, TABLE } from '../client-command.js';
import type { Item } from '../render.js';
import { usageError } from '../usage.js';

interface WatchFlags {
  readonly key?: string;
  readonly prefix?: string;
  readonly after?: Position;
  readonly snapshot?: boolean;
  readonly conflate?: boolean;
}

export const watch: ClientCommand<[table: string], WatchFlags> = {
  summary: 'Print each change of a table, until it is interrupted',
  arguments: [TABLE],
  flags: [
    ['--key <key>', 'only changes of this key', (text) => text],
    ['--prefix <prefix>', 'only changes of keys that begin with this', (text) => text],
    ['--after <epoch:sequence>', 'begin after this position, as --json prints it', position],
    ['--snapshot', 'begin with all pairs of the table, as far as they are wanted', (text) => text],
    ['--conflate', 'of what it is too slow for, only the last change of each key', (text) => text],
  ],
  note: `
Prints a change a line: what made it, the key, and the value that is there now. With --json, the position too, and the
value that was there before, if that is known. After a lost connection it goes on where it was, as far as the server has
kept the changes; if it has not, it fails.
`,
  examples: [
    'kv watch users',
    'kv watch users --snapshot --json',
    'kv watch users --prefix eu: --after 3:1234',
  ],
  prepare:
    ([table], _values, { key, prefix, after, snapshot, conflate }) =>
    async (client, options) => {
      const overflow = conflate === true ? 'conflate' : undefined;
      const watched = { key, prefix, after, snapshot, overflow } as const;
      return { items: items(client, table, watched, options), live: true };
    },
};

async function* items(
  client: KvClient,
  table: string,
  flags: WatchOptions,
  { signal }: CallOptions,
): AsyncGenerator<Item, void, undefined> {
  yield* await client.watch(table, { ...flags, signal });
  // It has ended because the client has.
  signal?.throwIfAborted();
}

function position(text: string): Position {
  const [, epoch, sequence] = /^(\d+):(\d+)$/.exec(text) ?? [];
  const [e, s] = [Number(epoch), Number(sequence)];
  if (Number.isSafeInteger(e) && Number.isSafeInteger(s)) return { epoch: e, sequence: s };
  throw usageError(`--after takes a position, such as 3:1234, not '${text}'`);
}
