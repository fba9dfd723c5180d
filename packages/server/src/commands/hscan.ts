import { type KvClient, KvError, type ScanOptions } from '@kv/protocol';
import { type ClientCommand, TABLE } from '../client-command.js';
import { count } from '../flags.js';
import type { Item } from '../render.js';

interface ScanFlags {
  readonly prefix?: string;
  readonly limit?: number;
  readonly pageSize?: number;
}

export const hscan: ClientCommand<[table: string], ScanFlags> = {
  summary: 'Read the pairs of a table page by page, in no particular order',
  arguments: [TABLE],
  flags: [
    ['--prefix <prefix>', 'only keys that begin with this, though all are read', (text) => text],
    ['--limit <n>', 'stop after so many pairs', count(1)],
    [
      '--page-size <n>',
      "about how many pairs to ask for at a time; the server's default is 100, its most 10000",
      count(1, 2 ** 32 - 1),
    ],
  ],
  note: `
Prints pairs as they come. A pair that is written meanwhile may come more than once. Those that are too large to be
answered are told at the end, and the exit code says so.
`,
  examples: [
    'kv hscan users',
    'kv hscan users --limit 10',
    'kv hscan users --prefix eu: --json | jq .key',
  ],
  prepare:
    ([table], _values, { prefix, limit, pageSize }) =>
    async (client, options) => ({
      items: items(client, table, { ...options, prefix, pageSize }, limit),
    }),
};

async function* items(
  client: KvClient,
  table: string,
  options: ScanOptions,
  limit: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Item, void, undefined> {
  const missing: string[] = [];
  const onTooLarge = ({ message }: KvError): void => void missing.push(message);
  let printed = 0;
  for await (const [key, value] of client.hscan(table, { ...options, onTooLarge })) {
    yield { key, value };
    // Not at the next pair, for which another page might have to be asked.
    if (++printed === limit) break;
  }
  if (missing.length > 0) throw new KvError('TOO_LARGE', missing.join('; '));
}
