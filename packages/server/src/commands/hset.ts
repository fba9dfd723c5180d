import {
  type ClientCommand,
  KEY,
  STANDARD_INPUT,
  STANDARD_INPUT_NOTE,
  TABLE,
  VALUE,
} from '../client-command.js';

export const hset: ClientCommand<[table: string, key: string, value: string]> = {
  summary: 'Store a value under a key, and print the value it replaced',
  arguments: [TABLE, KEY, VALUE],
  takesValues: true,
  note: STANDARD_INPUT_NOTE,
  examples: [
    'kv hset users u1 Tyr',
    'kv hset users age --type integer 42',
    'kv hset flags dry-run -- --dry-run',
    'kv hset images logo --type binary - < logo.png',
  ],
  prepare: async ([table, key, text], values) => {
    const value = text === STANDARD_INPUT ? await values.read() : values.parse(text);
    return async (client, options) => ({
      items: [{ value: await client.hset(table, key, value, options) }],
    });
  },
};
