import { type ClientCommand, KEY, TABLE, VALUE } from '../client-command.js';

export const hset: ClientCommand<[table: string, key: string, value: string]> = {
  summary: 'Store a value under a key, and print the value it replaced',
  arguments: [TABLE, KEY, VALUE],
  takesValues: true,
  note: `
On standard input, text and binary values are stored byte by byte: no base64, and a line end is part of
the value. Files are named to the shell alone ('< file'): '@file' is text like any other.
`,
  examples: [
    'kv hset users u1 Tyr',
    'kv hset users age --type integer 42',
    'kv hset flags dry-run -- --dry-run',
    'kv hset images logo --type binary - < logo.png',
  ],
  prepare: async ([table, key, text], values) => {
    const value = text === '-' ? await values.read() : values.parse(text);
    return async (client, options) => ({
      items: [{ value: await client.hset(table, key, value, options) }],
    });
  },
};
