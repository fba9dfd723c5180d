import type { Value } from '@kv/protocol';
import type { Entry } from './storage.js';

/** From here on, and from each step to the next, an integer takes a byte more. */
const INTEGER_STEPS: readonly bigint[] = Array.from(
  { length: 8 },
  (_, i) => 2n ** BigInt(7 * i + 7),
);

/** What an entry takes in a `CommandResponse`, in bytes. */
export function entryBytes([key, value]: Entry): number {
  const message = fieldBytes(Buffer.byteLength(key)) + fieldBytes(valueBytes(value));
  return fieldBytes(message);
}

/** A field of so many bytes: its tag, its length, and what it is. */
function fieldBytes(length: number): number {
  let bytes = 2 + length;
  for (let rest = length; rest > 0x7f; rest >>>= 7) bytes++;
  return bytes;
}

function valueBytes(value: Value): number {
  switch (typeof value) {
    case 'string':
      return fieldBytes(Buffer.byteLength(value));
    case 'object':
      return fieldBytes(value.length);
    case 'number':
      return 9;
    case 'bigint':
      return 1 + integerBytes(value);
    default:
      return 2;
  }
}

function integerBytes(value: bigint): number {
  if (value < 0n) return 10;
  let bytes = 1;
  for (const step of INTEGER_STEPS) bytes += Number(value >= step);
  return bytes;
}
