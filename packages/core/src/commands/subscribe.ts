import { checkText, KvError, okResponse, valueToMessage } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkTopic, DEFAULT_LIMITS } from '../limits.js';
import { noPushes } from '../subscriptions/no-pushes.js';
import { settingsOf } from '../subscriptions/subscriber-settings.js';

/**
 * Subscribes the peer to a topic, or to all topics of a pattern, and answers the subscription's id, an integer.
 * 501 where nothing can be pushed, 429 for more subscriptions than a connection may have.
 */
export const subscribe: CommandService<'subscribe'> = (
  { topic, pattern, maxMessages, maxBytes, overflow },
  { topics, subscriptions, limits = DEFAULT_LIMITS },
) => {
  checkText('topic', topic);
  checkText('pattern', pattern);
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
