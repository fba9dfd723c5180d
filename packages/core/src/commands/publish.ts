import {
  checkList,
  okResponse,
  requiredValue,
  type ValueMessage,
  valueToMessage,
} from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkTopic, DEFAULT_LIMITS } from '../limits.js';

/**
 * Sends a message to all who are subscribed to its topic, and answers how many got it. Its values are checked
 * and copied, for it may wait for a subscriber.
 */
export const publish: CommandService<'publish'> = (
  { topic, data },
  { topics, limits = DEFAULT_LIMITS },
) => {
  checkTopic('topic', topic, limits);
  checkList('data', data);
  // Not `map`, which passes over what is not there.
  const own = Array.from(data, ownMessage);
  return { ...okResponse([]), delivered: topics?.publish(topic, own) ?? 0 };
};

function ownMessage(message: ValueMessage): ValueMessage {
  const value = requiredValue(message, 'a message');
  return valueToMessage(value instanceof Uint8Array ? new Uint8Array(value) : value);
}
