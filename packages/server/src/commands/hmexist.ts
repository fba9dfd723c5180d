import { type ClientCommand, KEYS, keyed, TABLE } from '../client-command.js';

export const hmexist: ClientCommand<[table: string, ...keys: string[]]> = {
  summary: 'Tell which of several keys exist',
  arguments: [TABLE, KEYS],
  examples: ['kv hmexist users u1 u2'],
  prepare:
    ([table, ...keys]) =>
    async (client, options) => ({ items: keyed(keys, await client.hmexist(table, keys, options)) }),
};
