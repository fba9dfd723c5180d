import type { KvClient } from '@kv/protocol';
import { type ClientCommand, TABLE } from '../client-command.js';
import { count } from '../flags.js';
import type { Item } from '../render.js';

interface ScanFlags {
  readonly prefix?: string;
  readonly limit?: number;
}

export const hscan: ClientCommand<[table: string], ScanFlags> = {
  summary: 'Read the pairs of a table page by page, in no particular order',
  arguments: [TABLE],
  flags: [
    ['--prefix <prefix>', 'only keys that begin with this', (text) => text],
    ['--limit <n>', 'about how many pairs to ask for at a time', count(1, 2 ** 32 - 1)],
  ],
  note: `
Prints the pairs of every page, as they come. A pair that is written meanwhile may come more than once.
`,
  examples: ['kv hscan users', 'kv hscan users --prefix eu: --json | jq .key'],
  prepare:
    ([table], _values, { prefix, limit }) =>
    async (client, options) => ({
      items: items(client.hscan(table, { ...options, prefix, limit })),
    }),
};

async function* items(pairs: ReturnType<KvClient['hscan']>): AsyncGenerator<Item, void, undefined> {
  for await (const [key, value] of pairs) yield { key, value };
}
