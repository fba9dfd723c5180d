import { KvError } from './kv-error.js';
import { typeName } from './type-name.js';

/**
 * Refuses, from JavaScript, what is no array. A string, for instance, would pass for its letters.
 *
 * @param what what the list is, for the error message.
 * @throws {KvError} `INVALID_COMMAND`
 */
export function checkList(what: string, list: unknown): asserts list is readonly unknown[] {
  if (Array.isArray(list)) return;
  throw KvError.invalidCommand(`${what} must be an array, not ${typeName(list)}`);
}
