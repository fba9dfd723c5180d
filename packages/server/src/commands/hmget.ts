import { type ClientCommand, KEYS, keyed, TABLE } from '../client-command.js';

export const hmget: ClientCommand<[table: string, ...keys: string[]]> = {
  summary: 'Read the values of several keys',
  arguments: [TABLE, KEYS],
  examples: ['kv hmget users u1 u2'],
  prepare:
    ([table, ...keys]) =>
    async (client, options) => ({ items: keyed(keys, await client.hmget(table, keys, options)) }),
};
