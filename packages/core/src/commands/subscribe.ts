import { isOverflow, KvError, type Overflow, okResponse, valueToMessage } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkTopic, DEFAULT_LIMITS, type Limits } from '../limits.js';
import { noPushes } from '../subscriptions/no-pushes.js';
import type { SubscriberSettings } from '../subscriptions/subscription.js';

/**
 * Subscribes the peer to a topic, or to all topics of a pattern, and answers the subscription's id, an integer.
 * 501 where nothing can be pushed, 429 for more subscriptions than a connection may have.
 */
export const subscribe: CommandService<'subscribe'> = (
  { topic, pattern, maxMessages, maxBytes, overflow },
  { topics, subscriptions, limits = DEFAULT_LIMITS },
) => {
  if (topic !== '' && pattern !== '') {
    throw KvError.invalidCommand('there must be a topic or a pattern, not both');
  }
  if (pattern === '') checkTopic('topic', topic, limits);
  else checkTopic('pattern', pattern, limits);
  const settings = settingsOf(maxMessages, maxBytes, overflow, limits);
  if (topics === undefined || subscriptions === undefined) throw noPushes();
  const source = pattern === '' ? topics.topic(topic) : topics.pattern(pattern);
  const { id } = subscriptions.open(source, settings);
  return okResponse([valueToMessage(BigInt(id))]);
};

function settingsOf(
  maxMessages: number,
  maxBytes: number,
  overflow: string,
  { maxWaitingMessages, maxWaitingBytes }: Limits,
): SubscriberSettings {
  return {
    limits: {
      maxMessages: atMost(maxWaitingMessages, 'max_messages', maxMessages),
      maxBytes: atMost(maxWaitingBytes, 'max_bytes', maxBytes),
    },
    overflow: overflowOf(overflow),
  };
}

/** From JavaScript, anything may come. */
function atMost(most: number, what: string, asked: number): number {
  if (Number.isInteger(asked) && asked >= 0) return Math.min(asked || most, most);
  throw KvError.invalidCommand(`${what} must be a whole number of at least 0`);
}

function overflowOf(name: string): Overflow {
  if (name === '') return 'error';
  if (isOverflow(name)) return name;
  throw KvError.invalidCommand(`there is no overflow policy '${name}'`);
}
