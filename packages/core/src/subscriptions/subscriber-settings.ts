import { isOverflow, KvError, type QueueOverflow } from '@kv/protocol';
import type { Limits } from '../limits.js';
import type { SubscriberSettings } from './subscription.js';

/**
 * What a request says of how much may wait for a subscriber: no more than the engine allows.
 *
 * @param conflates whether what waits has keys, and can be conflated.
 * @throws {KvError} `INVALID_COMMAND` if it makes no sense.
 */
export function settingsOf(
  maxMessages: number,
  maxBytes: number,
  overflow: string,
  { maxWaitingMessages, maxWaitingBytes }: Limits,
  conflates = false,
): SubscriberSettings {
  return {
    limits: {
      maxMessages: atMost(maxWaitingMessages, 'max_messages', maxMessages),
      maxBytes: atMost(maxWaitingBytes, 'max_bytes', maxBytes),
    },
    overflow: overflow === 'conflate' && conflates ? overflow : overflowOf(overflow),
  };
}

/** From JavaScript, anything may come. */
function atMost(most: number, what: string, asked: number): number {
  if (Number.isInteger(asked) && asked >= 0) return Math.min(asked || most, most);
  throw KvError.invalidCommand(`${what} must be a whole number of at least 0`);
}

function overflowOf(name: string): QueueOverflow {
  if (name === '') return 'error';
  if (isOverflow(name)) return name;
  throw KvError.invalidCommand(`there is no overflow policy '${name}'`);
}
