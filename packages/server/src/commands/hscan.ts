import { type KvClient, KvError, type ScanOptions } from '@kv/protocol';
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
    ['--prefix <prefix>', 'only keys that begin with this, though all are read', (text) => text],
    ['--limit <n>', 'about how many pairs to ask for at a time', count(1, 2 ** 32 - 1)],
  ],
  note: `
Prints the pairs of every page, as they come. A pair that is written meanwhile may come more than once. Those that are
too large to be answered are told at the end, and the exit code says so.
`,
  examples: ['kv hscan users', 'kv hscan users --prefix eu: --json | jq .key'],
  prepare:
    ([table], _values, { prefix, limit }) =>
    async (client, options) => ({
      items: items(client, table, { ...options, prefix, limit }),
    }),
};

async function* items(
  client: KvClient,
  table: string,
  options: ScanOptions,
): AsyncGenerator<Item, void, undefined> {
  const missing: string[] = [];
  const onTooLarge = ({ message }: KvError): void => void missing.push(message);
  for await (const [key, value] of client.hscan(table, { ...options, onTooLarge })) {
    yield { key, value };
  }
  if (missing.length > 0) throw new KvError('TOO_LARGE', missing.join('; '));
}
