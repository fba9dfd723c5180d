import { KvError, type KvpairMessage, requiredValue, type Value } from '@kv/protocol';
import { checkKey, type Limits } from './limits.js';

/**
 * The key and value of a pair that is to be stored.
 *
 * @throws {KvError} `INVALID_COMMAND` or `TOO_LARGE` if the pair, its key or its value cannot be.
 */
export function checkPair(
  pair: KvpairMessage | undefined,
  limits: Limits,
): { key: string; value: Value } {
  if (pair === undefined) throw KvError.invalidCommand('there must be a pair');
  checkKey(pair.key, limits);
  return { key: pair.key, value: requiredValue(pair.value) };
}
