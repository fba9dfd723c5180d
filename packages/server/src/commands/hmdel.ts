import { type ClientCommand, KEYS, keyed, TABLE } from '../client-command.js';

export const hmdel: ClientCommand<[table: string, ...keys: string[]]> = {
  summary: 'Delete several keys, all or none, and print the values they had',
  arguments: [TABLE, KEYS],
  examples: ['kv hmdel users u1 u2'],
  prepare:
    ([table, ...keys]) =>
    async (client, options) => ({ items: keyed(keys, await client.hmdel(table, keys, options)) }),
};
