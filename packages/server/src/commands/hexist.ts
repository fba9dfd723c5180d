import { type ClientCommand, KEY, TABLE } from '../client-command.js';

export const hexist: ClientCommand<[table: string, key: string]> = {
  summary: 'Tell whether a key exists',
  arguments: [TABLE, KEY],
  examples: ['kv hexist users u1', 'kv hexist users u1 > /dev/null && echo there'],
  prepare:
    ([table, key]) =>
    async (client, options) => {
      const value = await client.hexist(table, key, options);
      return { items: [{ value }], found: value };
    },
};
