import { type ClientCommand, TABLE } from '../client-command.js';

export const hgetall: ClientCommand<[table: string]> = {
  summary: 'Read every pair of a table, in no particular order',
  arguments: [TABLE],
  examples: ['kv hgetall users', 'kv hgetall users --json | jq .key'],
  prepare:
    ([table]) =>
    async (client, options) => {
      const pairs = await client.hgetall(table, options);
      return { items: Array.from(pairs, ([key, value]) => ({ key, value })) };
    },
};
