import {
  checkList,
  KvError,
  type KvpairMessage,
  requiredValue,
  type Value,
  valueToMessage,
} from '@kv/protocol';
import { checkKey, type Limits } from './limits.js';
import type { Entry } from './storage/storage.js';

/** An entry as it travels. */
export function pairMessage([key, value]: Entry): KvpairMessage {
  return { key, value: valueToMessage(value) };
}

/**
 * The key and value of a pair that is to be stored.
 *
 * @throws {KvError} `INVALID_COMMAND` or `TOO_LARGE` if the pair, its key or its value cannot be.
 */
export function checkPair(
  pair: KvpairMessage | undefined,
  limits: Limits,
): { key: string; value: Value } {
  if (typeof pair !== 'object' || pair === null) {
    throw KvError.invalidCommand('there must be a pair');
  }
  checkKey(pair.key, limits);
  return { key: pair.key, value: requiredValue(pair.value) };
}

/** The keys and values of a list of pairs, each as {@link checkPair} gives it. */
export function checkPairs(
  pairs: readonly KvpairMessage[],
  limits: Limits,
): { key: string; value: Value }[] {
  checkList('pairs', pairs);
  // Not `map`, which would pass over the holes that an array may have in JavaScript.
  return Array.from(pairs, (pair) => checkPair(pair, limits));
}
