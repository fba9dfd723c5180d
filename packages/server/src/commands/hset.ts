import { type ClientCommand, KEY, TABLE, VALUE } from '../client-command.js';

export const hset: ClientCommand<[table: string, key: string, value: string]> = {
  summary: 'Store a value under a key, and print the value it replaced',
  arguments: [TABLE, KEY, VALUE],
  takesValues: true,
  examples: [
    'kv hset users u1 Tyr',
    'kv hset users age --type integer 42',
    'kv hset flags dry-run -- --dry-run',
  ],
  prepare: ([table, key, text], parse) => {
    const value = parse(text);
    return async (client, options) => ({
      items: [{ value: await client.hset(table, key, value, options) }],
    });
  },
};
