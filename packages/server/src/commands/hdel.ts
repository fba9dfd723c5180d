import { type ClientCommand, KEY, TABLE } from '../client-command.js';

export const hdel: ClientCommand<[table: string, key: string]> = {
  summary: 'Delete a key, and print the value it had',
  arguments: [TABLE, KEY],
  examples: ['kv hdel users u1'],
  prepare:
    ([table, key]) =>
    async (client, options) => ({
      items: [{ value: await client.hdel(table, key, options) }],
    }),
};
