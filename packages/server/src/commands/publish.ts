import type { Value } from '@kv/protocol';
import {
  type ClientCommand,
  STANDARD_INPUT,
  STANDARD_INPUT_NOTE,
  type Values,
} from '../client-command.js';
import { hintAtLiteral } from '../literal-topic.js';
import { usageError } from '../usage.js';

export const publish: ClientCommand<[topic: string, ...values: string[]]> = {
  summary: 'Send a message to all who are subscribed to a topic, and print how many got it',
  arguments: [
    ['<topic>', 'name of the topic'],
    ['<values...>', "values of the message; one may be '-', for what is on standard input"],
  ],
  takesValues: true,
  note: STANDARD_INPUT_NOTE,
  examples: ['kv publish news "It rains"', 'kv publish images --type binary - < logo.png'],
  prepare: async ([topic, ...texts], values) => {
    const message = await valuesOf(texts, values);
    return async (client, options, say) => {
      hintAtLiteral(topic, 'nothing can be published to a pattern', say);
      return { items: [{ value: BigInt(await client.publish(topic, message, options)) }] };
    };
  },
};

async function valuesOf(texts: readonly string[], values: Values): Promise<Value[]> {
  // What is on the command line comes first: if it makes no sense, nothing is read.
  const given = texts.map((text) => (text === STANDARD_INPUT ? undefined : values.parse(text)));
  const read = given.filter((value) => value === undefined).length;
  if (read > 1) throw usageError(`only one value can be '${STANDARD_INPUT}', standard input`);
  const input = read === 1 ? await values.read() : '';
  return given.map((value) => value ?? input);
}
