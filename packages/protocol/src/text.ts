import { KvError } from './kv-error.js';
import { typeName } from './type-name.js';

/**
 * Refuses what cannot travel as text. A lone surrogate has no UTF-8 form; encoders replace it
 * silently, which would make two different keys one.
 *
 * @param what what the text is, for the error message.
 * @throws {KvError} `INVALID_COMMAND`
 */
export function checkText(what: string, text: unknown): asserts text is string {
  if (typeof text !== 'string') {
    throw KvError.invalidCommand(`${what} must be a string, not ${typeName(text)}`);
  }
  if (!text.isWellFormed()) {
    throw KvError.invalidCommand(`${what} must be well-formed text: it holds a lone surrogate`);
  }
}
