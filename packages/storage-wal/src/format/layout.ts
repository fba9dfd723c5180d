import { crc32 } from 'node:zlib';

// What all files of a log share. Numbers are little-endian; FORMAT.md has the whole.

/** The version of the format that this code writes, and the only one that it reads. */
export const FORMAT_VERSION = 1;

/** Everything in a segment begins at a multiple of so many bytes. */
export const ALIGNMENT = 8;

/** The bytes of a store's id. */
export const STORE_ID_BYTES = 16;

const HIGH = 2 ** 32;

/** Rounds up to where something may begin. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Writes a 64-bit number, which must be a safe integer. */
export function putUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / HIGH), true);
}

/** Reads a 64-bit number; one that is no safe integer as some other that is none. */
export function getUint64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * HIGH + view.getUint32(at, true);
}

/**
 * What the checksums of a store's blocks begin with, so that whoever writes values cannot make one of them look
 * like a block.
 */
export function checksumSeed(storeId: Uint8Array): number {
  return crc32(storeId);
}

/** A view of an array's bytes. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
