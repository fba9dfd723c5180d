import type { ByteWriter } from './byte-writer.js';
import type { Value } from './value.js';
import { readUtf8 } from './wire/utf8.js';
import { WireReader } from './wire/wire-reader.js';
import { writeBool, writeBytes, writeDouble, writeInt64, writeString } from './wire/wire-writer.js';

// The tags of the fields of the message Value.
const STRING = 10;
const BINARY = 18;
const INTEGER = 24;
const FLOAT = 33;
const BOOL = 40;

const NOTHING = new Uint8Array(0);
const reader = new WireReader();

/** Appends the message that carries `value`: the bytes that a codec makes of it, without the objects. */
export function writeValueMessage(value: Value, out: ByteWriter): void {
  switch (typeof value) {
    case 'string':
      writeString(out, STRING, value);
      break;
    case 'bigint':
      writeInt64(out, INTEGER, value);
      break;
    case 'number':
      writeDouble(out, FLOAT, value);
      break;
    case 'boolean':
      writeBool(out, BOOL, value);
      break;
    default:
      writeBytes(out, BINARY, value);
  }
}

/**
 * Reads the value that a message carries, which {@link writeValueMessage} or a codec of ours made.
 *
 * @throws {RangeError} if it is longer than a string or an array can be.
 */
export function readValueMessage(bytes: Buffer, start: number, end: number): Value {
  switch (bytes[start]) {
    case STRING:
      return readUtf8(bytes, afterVarint(bytes, start + 1), end);
    case BINARY: {
      const from = afterVarint(bytes, start + 1);
      const copy = new Uint8Array(end - from);
      copy.set(bytes.subarray(from, end));
      return copy;
    }
    case BOOL:
      return bytes[start + 1] !== 0;
    default:
      return readNumber(bytes, start, end);
  }
}

function readNumber(bytes: Buffer, start: number, end: number): bigint | number {
  reader.reset(bytes, start + 1);
  const value = bytes[start] === INTEGER ? reader.int64() : reader.double(end);
  // Not to hold on to memory that is not its own.
  reader.reset(NOTHING, 0);
  return value;
}

function afterVarint(bytes: Buffer, start: number): number {
  let at = start;
  while ((bytes[at] as number) > 0x7f) at++;
  return at + 1;
}
