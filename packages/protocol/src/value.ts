import { isUint8Array } from 'node:util/types';
import { KvError } from './kv-error.js';
import type { ValueMessage } from './messages.js';
import { checkText } from './text.js';
import { typeName } from './type-name.js';

/**
 * A stored value: text, binary, an integer (int64, as a bigint), a float (a double, as a number) or
 * a boolean. The type is kept: `1n` comes back as `1n`, and `1` as `1`.
 */
export type Value = string | Uint8Array | bigint | number | boolean;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Refuses what can be no {@link Value}.
 *
 * @throws {KvError} `INVALID_COMMAND` for any other type, for text with a lone surrogate, and for an
 * integer beyond int64.
 */
export function checkValue(value: unknown): asserts value is Value {
  switch (typeof value) {
    case 'string':
      checkText('value', value);
      return;
    case 'bigint':
      if (value < INT64_MIN || value > INT64_MAX) {
        throw KvError.invalidCommand(`value ${value} does not fit a 64-bit integer`);
      }
      return;
    case 'number':
    case 'boolean':
      return;
    default:
      // Not by `instanceof`: what only has the prototype holds no bytes.
      if (isUint8Array(value)) return;
      throw KvError.invalidCommand(
        `value must be a string, Uint8Array, bigint, number or boolean, not ${typeName(value)}`,
      );
  }
}

/** The message that carries `value`; for `null` and `undefined`, the empty one that means a miss. */
export function valueToMessage(value: Value | null | undefined): ValueMessage {
  switch (typeof value) {
    case 'string':
      return { value: { case: 'string', value } };
    case 'bigint':
      return { value: { case: 'integer', value } };
    case 'number':
      return { value: { case: 'float', value } };
    case 'boolean':
      return { value: { case: 'bool', value } };
    case 'object':
      if (value !== null) return { value: { case: 'binary', value } };
  }
  return { value: { case: undefined } };
}

/** The value that a message carries; `null` for an absent or empty one, and for what is none. */
export function valueFromMessage(message: ValueMessage | undefined): Value | null {
  return message?.value?.value ?? null;
}

/**
 * The value that a message of a request carries, which must be there.
 *
 * @param what what must have it, for the error message.
 * @throws {KvError} `INVALID_COMMAND` if it is absent, empty, or not what its case says.
 */
export function requiredValue(message: ValueMessage | undefined, what = 'a pair'): Value {
  const value = valueFromMessage(message);
  if (value === null) throw KvError.invalidCommand(`${what} must have a value`);
  checkValue(value);
  if (valueToMessage(value).value.case !== message?.value.case) {
    throw KvError.invalidCommand(`value is not of the type ${message?.value.case}`);
  }
  return value;
}
