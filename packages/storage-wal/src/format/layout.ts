import { crc32 } from 'node:zlib';

// What all files of a log share; FORMAT.md tells the whole. Numbers are little-endian. Each file begins with a
// magic number, a checksum of all that follows in its header, and the version of the format: where they are, and
// what the checksum is of, stays as it is in every version.

/** The version of the format that this code writes, and the only one that it reads. */
export const FORMAT_VERSION = 1;

/** Blocks begin at multiples of so many bytes. */
export const ALIGNMENT = 8;

/** The bytes of a store's id. */
export const STORE_ID_BYTES = 16;

const CHECKSUM = 4;
const VERSION = 8;

const HIGH = 2 ** 32;

/** Why bytes cannot be read. */
export interface Unreadable {
  /** Whether they are as they were written, but by a later version. */
  readonly foreign: boolean;
  readonly reason: string;
}

/** Rounds up to where something may begin. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Writes a 64-bit number, which must be a safe integer. */
export function putUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / HIGH), true);
}

/** Reads a 64-bit number; what is no safe integer as another number that is none. */
export function getUint64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * HIGH + view.getUint32(at, true);
}

/** A view of an array's bytes. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** A copy of bytes, in memory of its own. */
export function copyOf(bytes: Uint8Array, start: number, count: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, start + count));
}

/** Writes what a file's header begins with; all else must be in it. */
export function sealHeader(bytes: Buffer, magic: number): void {
  const view = viewOf(bytes);
  view.setUint32(0, magic, true);
  view.setUint32(VERSION, FORMAT_VERSION, true);
  view.setUint32(CHECKSUM, crc32(bytes.subarray(VERSION)), true);
}

/**
 * Answers why a header cannot be read; `undefined` if it can.
 *
 * @param what it is the header of.
 * @param length how many bytes it has at least.
 */
export function checkHeader(
  bytes: Buffer,
  magic: number,
  what: string,
  length: number,
): Unreadable | undefined {
  const damaged = (reason: string): Unreadable => ({ foreign: false, reason });
  const view = viewOf(bytes);
  if (bytes.length < VERSION + 4) return damaged('the header is cut off');
  if (view.getUint32(0, true) !== magic) return damaged(`this is no ${what}`);
  if (crc32(bytes.subarray(VERSION)) !== view.getUint32(CHECKSUM, true)) {
    return damaged("the header's checksum is wrong");
  }
  const version = view.getUint32(VERSION, true);
  if (version !== FORMAT_VERSION) {
    return { foreign: true, reason: `the format has version ${version}, not ${FORMAT_VERSION}` };
  }
  return bytes.length < length ? damaged('the header is cut off') : undefined;
}
