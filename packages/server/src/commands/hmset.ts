import type { Value } from '@kv/protocol';
import {
  type ClientCommand,
  keyed,
  PAIRS,
  STANDARD_INPUT,
  STANDARD_INPUT_NOTE,
  TABLE,
  type Values,
} from '../client-command.js';
import { usageError } from '../usage.js';

export const hmset: ClientCommand<[table: string, ...pairs: string[]]> = {
  summary: 'Store several pairs, all or none, and print the values they replaced',
  arguments: [TABLE, PAIRS],
  takesValues: true,
  note: STANDARD_INPUT_NOTE,
  examples: ['kv hmset users u1 Tyr u2 Freyja', 'kv hmset page title Home text - < home.html'],
  prepare: async ([table, ...texts], values) => {
    const pairs = await pairsOf(texts, values);
    const keys = pairs.map(([key]) => key);
    return async (client, options) => ({
      items: keyed(keys, await client.hmset(table, pairs, options)),
    });
  },
};

async function pairsOf(
  texts: readonly string[],
  values: Values,
): Promise<(readonly [key: string, value: Value])[]> {
  // What is on the command line comes first: if it makes no sense, nothing is read.
  const given = texts.flatMap((key, index) =>
    index % 2 === 0 ? [[key, givenValue(key, texts[index + 1], values)] as const] : [],
  );
  const read = given.filter(([, value]) => value === undefined).length;
  if (read > 1) throw usageError(`only one value can be '${STANDARD_INPUT}', standard input`);
  const input = read === 1 ? await values.read() : '';
  return given.map(([key, value]) => [key, value ?? input]);
}

/** The value of a key; `undefined` for the one that is on standard input. */
function givenValue(key: string, text: string | undefined, values: Values): Value | undefined {
  if (text === undefined) throw usageError(`key '${key}' has no value`);
  return text === STANDARD_INPUT ? undefined : values.parse(text);
}
