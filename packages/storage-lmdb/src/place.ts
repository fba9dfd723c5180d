import { createHash } from 'node:crypto';
import { readUtf8 } from '@kv/protocol';

// The place of an entry, which is its key in LMDB, is the name of its table, 0xff, and its key, in UTF-8, in
// which no byte is 0xff. So no two entries share one, those of a table are together, and they are in the order of
// the bytes of their keys. Places that begin with 0xff are left for what there may be to say of all.
//
// LMDB takes no more than MAX_PLACE_BYTES. What would be longer than WHOLE_BYTES is cut there: the place is then
// the head; 0xff; and the SHA-256 of the tail, which is kept with the value. Entries with the same head are
// together, after the one whose key ends with it, and before all that are greater. Among each other they are in
// no order.

/** Between the name of a table and a key, and between a head and a hash. */
const SEPARATOR = 0xff;

const HASH_BYTES = 32;

/** What the driver takes by default, whatever the size of the pages is. */
export const MAX_PLACE_BYTES = 1978;

/** Up to here, a place has all of the key. */
export const WHOLE_BYTES: number = MAX_PLACE_BYTES - HASH_BYTES - 1;

/** The longest name of a table, which leaves room for a good part of any key. */
export const MAX_TABLE_BYTES = 1024;

/** Up to here, writing character by character beats a call into the runtime. */
const SHORT = 32;

/**
 * Puts the place of an entry into `target`, which must have room for the longest, and nothing behind it: the driver
 * relies on the zeros that are there.
 *
 * @returns where it ends.
 */
export function writePlace(table: string, key: string, target: Buffer, start: number): number {
  if (tailBytesOf(table, key) > 0) return writeCutPlace(table, key, target, start);
  const middle = writeUtf8(table, target, start);
  target[middle] = SEPARATOR;
  return writeUtf8(key, target, middle + 1);
}

/** The end of a key, of which its place has just a hash; `undefined` if the place has all of the key. */
export function tailOf(table: string, key: string): Buffer | undefined {
  const bytes = tailBytesOf(table, key);
  return bytes > 0 ? Buffer.from(key).subarray(-bytes) : undefined;
}

/**
 * Reads the place between `start` and `end`.
 *
 * @returns the key if the place has all of it; if not, a copy of the place, for {@link joinKey}.
 */
export function readPlace(source: Buffer, start: number, end: number): string | Buffer {
  if (end - start > WHOLE_BYTES) return Buffer.from(source.subarray(start, end));
  return readUtf8(source, source.indexOf(SEPARATOR, start) + 1, end);
}

/** The key of which the head is in a place, and the tail was kept with the value. */
export function joinKey(place: Buffer, tail: Buffer): string {
  const head = place.subarray(place.indexOf(SEPARATOR) + 1, WHOLE_BYTES);
  const bytes = Buffer.concat([head, tail]);
  return readUtf8(bytes, 0, bytes.length);
}

/** Whether two places that do not have all of their keys have the same of them. */
export function haveSameHead(a: Buffer, b: Buffer): boolean {
  return a.compare(b, 0, WHOLE_BYTES, 0, WHOLE_BYTES) === 0;
}

/** What the places of all entries of a table begin with, and no other's. */
export function prefixOf(table: string): Buffer {
  return Buffer.concat([Buffer.from(table), Buffer.of(SEPARATOR)]);
}

/** From a place on, and up to another, which is not among them. */
export interface PlaceRange {
  readonly start: Buffer;
  readonly end: Buffer;
}

/**
 * Where the entries of a table are whose keys have a prefix: and, if it is longer than what places have of keys, others
 * that are like them so far.
 */
export function rangeOf(table: string, keyPrefix = ''): PlaceRange {
  const whole = Buffer.concat([prefixOf(table), Buffer.from(keyPrefix)]);
  const start = whole.subarray(0, WHOLE_BYTES);
  if (keyPrefix === '') return { start, end: Buffer.concat([start, Buffer.of(SEPARATOR)]) };
  const end = Buffer.from(start);
  // A byte of UTF-8 is never the largest that there is.
  end[end.length - 1] = (end.at(-1) as number) + 1;
  return { start, end };
}

/** How much of a key does not fit its place; 0 or less if all of it does. */
function tailBytesOf(table: string, key: string): number {
  // A UTF-16 unit is at most three bytes of UTF-8, so most need no counting.
  if ((table.length + key.length) * 3 < WHOLE_BYTES) return 0;
  return Buffer.byteLength(table) + 1 + Buffer.byteLength(key) - WHOLE_BYTES;
}

function writeCutPlace(table: string, key: string, target: Buffer, start: number): number {
  const whole = Buffer.concat([prefixOf(table), Buffer.from(key)]);
  const middle = start + WHOLE_BYTES;
  target.set(whole.subarray(0, WHOLE_BYTES), start);
  target[middle] = SEPARATOR;
  target.set(createHash('sha256').update(whole.subarray(WHOLE_BYTES)).digest(), middle + 1);
  return middle + 1 + HASH_BYTES;
}

function writeUtf8(text: string, target: Buffer, start: number): number {
  const { length } = text;
  if (length <= SHORT) {
    let seen = 0;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      seen |= code;
      target[start + i] = code;
    }
    if (seen < 128) return start + length;
    // All of it is written over: in UTF-8 it is no shorter.
  }
  return start + target.write(text, start);
}
