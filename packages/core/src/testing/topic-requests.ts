import {
  type CommandMessage,
  type CommandRequest,
  commandRequest,
  type Value,
  valueToMessage,
} from '@kv/protocol';

/** The message of a subscription to a topic, of which what is given is said besides. */
export function toTopic(
  topic: string,
  besides: Partial<CommandMessage<'subscribe'>> = {},
): CommandMessage<'subscribe'> {
  return { topic, pattern: '', maxMessages: 0, maxBytes: 0, overflow: '', ...besides };
}

export function subscribeTo(
  topic: string,
  besides?: Partial<CommandMessage<'subscribe'>>,
): CommandRequest {
  return commandRequest('subscribe', toTopic(topic, besides));
}

export function unsubscribeFrom(topic: string, id: number): CommandRequest {
  return commandRequest('unsubscribe', { topic, id });
}

export function publishTo(topic: string, ...values: readonly Value[]): CommandRequest {
  return commandRequest('publish', { topic, data: values.map(valueToMessage) });
}
