import type { ByteWriter } from '../byte-writer.js';

/** Up to here, writing character by character beats a call into the runtime. */
const SHORT = 32;

/** What a tag and a length take at the most. */
const HEADER_BYTES = 10;

/** From here, counting a string's bytes beats making room for the most that they can be. */
const LONG = 64 * 1024;

const scratch = new DataView(new ArrayBuffer(8));

// The generated encoders are made of these. Each writes a field, tag included.

export function writeUint32(out: ByteWriter, tag: number, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new RangeError(`${value} is no 32-bit unsigned integer`);
  }
  out.reserve(HEADER_BYTES);
  putVarint(out, tag);
  putVarint(out, value);
}

export function writeInt64(out: ByteWriter, tag: number, value: bigint): void {
  out.reserve(HEADER_BYTES + 5);
  putVarint(out, tag);
  scratch.setBigInt64(0, value, true);
  let low = scratch.getUint32(0, true);
  let high = scratch.getUint32(4, true);
  while (high > 0 || low > 0x7f) {
    out.bytes[out.length++] = (low & 0x7f) | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  out.bytes[out.length++] = low;
}

/** Writes an integer from 0 to 2^53 - 1, as {@link writeInt64} does. */
export function writeSafeInteger(out: ByteWriter, tag: number, value: number): void {
  out.reserve(HEADER_BYTES + 5);
  putVarint(out, tag);
  if (value <= 0x7fff_ffff) {
    putVarint(out, value);
    return;
  }
  // Bitwise operators are for 31 bits: the lowest 28 are four bytes of their own.
  const high = Math.floor(value / 2 ** 28);
  const low = value - high * 2 ** 28;
  for (let shift = 0; shift < 28; shift += 7) {
    out.bytes[out.length++] = ((low >>> shift) & 0x7f) | 0x80;
  }
  putVarint(out, high);
}

export function writeBool(out: ByteWriter, tag: number, value: boolean): void {
  out.reserve(HEADER_BYTES);
  putVarint(out, tag);
  out.bytes[out.length++] = value ? 1 : 0;
}

export function writeDouble(out: ByteWriter, tag: number, value: number): void {
  out.reserve(HEADER_BYTES + 8);
  putVarint(out, tag);
  scratch.setFloat64(0, value, true);
  for (let i = 0; i < 8; i++) out.bytes[out.length++] = scratch.getUint8(i);
}

export function writeBytes(out: ByteWriter, tag: number, value: Uint8Array): void {
  out.reserve(HEADER_BYTES + value.length);
  putVarint(out, tag);
  putVarint(out, value.length);
  out.bytes.set(value, out.length);
  out.length += value.length;
}

export function writeString(out: ByteWriter, tag: number, value: string): void {
  const { length } = value;
  // A UTF-16 unit is at most three bytes of UTF-8.
  out.reserve(HEADER_BYTES + (length < LONG ? length * 3 : Buffer.byteLength(value)));
  putVarint(out, tag);
  if (length <= SHORT && putShortAscii(out, value)) return;
  const start = out.length;
  // Most text is ASCII, and has as many bytes as characters.
  out.length += varintBytes(length);
  out.length += out.bytes.write(value, out.length);
  putLength(out, start, varintBytes(length));
}

/** Appends text, with neither tag nor length. */
export function writeText(out: ByteWriter, value: string): void {
  const { length } = value;
  out.reserve(1 + (length < LONG ? length * 3 : Buffer.byteLength(value)));
  if (length <= SHORT) {
    const { bytes, length: start } = out;
    let seen = 0;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      seen |= code;
      bytes[start + i] = code;
    }
    if (seen < 128) {
      out.length = start + length;
      return;
    }
  }
  out.length += out.bytes.write(value, out.length);
}

/** @returns whether all of it was ASCII; if not, nothing is written that counts. */
function putShortAscii(out: ByteWriter, value: string): boolean {
  const { bytes, length: start } = out;
  const { length } = value;
  let seen = 0;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    seen |= code;
    bytes[start + 1 + i] = code;
  }
  if (seen > 127) return false;
  bytes[start] = length;
  out.length = start + 1 + length;
  return true;
}

/**
 * Begins a message within a message.
 *
 * @returns where it starts, for {@link endMessage}.
 */
export function beginMessage(out: ByteWriter, tag: number): number {
  out.reserve(HEADER_BYTES);
  putVarint(out, tag);
  // Most are short.
  return out.length++;
}

/** Ends the message that starts at `start`. */
export function endMessage(out: ByteWriter, start: number): void {
  const length = out.length - start - 1;
  if (length < 0x80) out.bytes[start] = length;
  else putLength(out, start, 1);
}

/**
 * Puts the length of what stands at the end of `out`, from `start` on, before it, where `reserved`
 * bytes were left for that.
 */
function putLength(out: ByteWriter, start: number, reserved: number): void {
  const end = out.length;
  const length = end - start - reserved;
  const needed = varintBytes(length);
  if (needed !== reserved) {
    out.reserve(needed);
    out.bytes.copyWithin(start + needed, start + reserved, end);
  }
  out.length = start;
  putVarint(out, length);
  out.length = start + needed + length;
}

/** There must be room for it. */
function putVarint(out: ByteWriter, value: number): void {
  let rest = value;
  while (rest > 0x7f) {
    out.bytes[out.length++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out.bytes[out.length++] = rest;
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
