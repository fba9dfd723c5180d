import type { Value } from '@kv/protocol';
import type { Entry } from './storage.js';

/** What protobuf puts around a key and a value that are short. */
const FRAMING_BYTES = 6;

/**
 * What an entry takes in a response, in bytes: never more than it does, and less only by the bytes that the
 * lengths and the integers need which are not short.
 */
export function entryBytes([key, value]: Entry): number {
  return FRAMING_BYTES + Buffer.byteLength(key) + valueBytes(value);
}

function valueBytes(value: Value): number {
  switch (typeof value) {
    case 'string':
      return 2 + Buffer.byteLength(value);
    case 'object':
      return 2 + value.length;
    case 'number':
      return 9;
    default:
      return 2;
  }
}
