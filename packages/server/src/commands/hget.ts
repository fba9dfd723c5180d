import { type ClientCommand, KEY, TABLE } from '../client-command.js';

export const hget: ClientCommand<[table: string, key: string]> = {
  summary: 'Read the value of a key',
  arguments: [TABLE, KEY],
  examples: ['kv hget users u1', 'kv hget images logo > logo.png'],
  prepare:
    ([table, key]) =>
    async (client, options) => {
      const value = await client.hget(table, key, options);
      return { items: [{ value }], found: value !== null, raw: true };
    },
};
