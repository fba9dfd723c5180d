import type { Value } from '@kv/protocol';
import { type ClientCommand, keyed, PAIRS, TABLE, type Values } from '../client-command.js';
import { usageError } from '../usage.js';

export const hmset: ClientCommand<[table: string, ...pairs: string[]]> = {
  summary: 'Store several pairs, all or none, and print the values they replaced',
  arguments: [TABLE, PAIRS],
  takesValues: true,
  examples: ['kv hmset users u1 Tyr u2 Freyja'],
  prepare: ([table, ...texts], values) => {
    const pairs = pairsOf(texts, values);
    const keys = pairs.map(([key]) => key);
    return async (client, options) => ({
      items: keyed(keys, await client.hmset(table, pairs, options)),
    });
  },
};

function pairsOf(
  texts: readonly string[],
  values: Values,
): (readonly [key: string, value: Value])[] {
  return texts.flatMap((key, index) => {
    if (index % 2 === 1) return [];
    const text = texts[index + 1];
    if (text === undefined) throw usageError(`key '${key}' has no value`);
    return [[key, values.parse(text)] as const];
  });
}
