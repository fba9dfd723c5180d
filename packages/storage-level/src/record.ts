import { crc32 } from 'node:zlib';
import {
  ByteWriter,
  KvError,
  readUtf8,
  readValueMessage,
  type Value,
  writeText,
  writeValueMessage,
} from '@kv/protocol';

// A record is what the database has as the value of an entry: a byte of flags, the value, and a checksum of the key, the
// flags and the value. LevelDB has checksums, too, and its binding does not check them.
//
// A text is stored so that all of its record is one. The binding makes a string in less time than bytes, by far.

/** The flags that there are. One more will say that an entry expires; all must be characters of ASCII. */
const TEXT = 1;
const FLAGS_BYTES = 1;
/** Of a text, in characters of seven bits; of others, in bytes. */
const TEXT_CHECKSUM_BYTES = 5;
const CHECKSUM_BYTES = 4;

/** Above this, what was needed to check a text is not kept for the next. */
const KEPT_BYTES = 64 * 1024;

/** What a database has as the value of an entry: a record as bytes, or one of a text as the text that it is. */
export type DatabaseRecord = Buffer | string;

/** What is to become of an entry: its record, or `undefined` if it is deleted. */
export interface Change {
  readonly place: string;
  readonly record: Buffer | undefined;
}

const out = new ByteWriter();
/** The beginnings of {@link out}, by their lengths: to make one takes a good part of the time of a read. */
let beginnings: Buffer[] = [];
let beginningsOf: Buffer = out.bytes;
/** The longest that are kept. */
const KEPT_BEGINNING_BYTES = 512;

/** The key of an entry, in bytes that are the caller's only until the next call. */
export function borrowKey(place: string): Buffer {
  out.length = 0;
  writeText(out, place);
  return beginning(out.length);
}

/** The change that stores a value, of which it has a copy. */
export function storing(place: string, value: Value): Change {
  out.length = 0;
  writeText(out, place);
  const start = out.length;
  const isText = typeof value === 'string';
  out.reserve(FLAGS_BYTES);
  out.bytes[out.length++] = isText ? TEXT : 0;
  if (isText) writeText(out, value);
  else writeValueMessage(value, out);
  const checksum = crc32(out.bytes.subarray(0, out.length));
  if (isText) writeTextChecksum(checksum);
  else {
    out.reserve(CHECKSUM_BYTES);
    out.length = out.bytes.writeUInt32LE(checksum, out.length);
  }
  const { buffer, byteOffset, length } = out.take();
  return { place, record: Buffer.from(buffer, byteOffset + start, length - start) };
}

/** The change that deletes an entry. */
export function deleting(place: string): Change {
  return { place, record: undefined };
}

/** Whether a record is that of a text. */
export function isTextRecord(record: DatabaseRecord): boolean {
  return (flagsOf(record) & TEXT) !== 0;
}

/**
 * Makes sure that a record is the one that was stored under this key.
 *
 * @throws {KvError} `STORAGE_FAILURE`
 */
export function checkRecord(key: Buffer, record: Buffer): Buffer {
  const isText = isTextRecord(record);
  const end = record.length - (isText ? TEXT_CHECKSUM_BYTES : CHECKSUM_BYTES);
  if (end < FLAGS_BYTES) throw damaged();
  const checksum = crc32(record.subarray(0, end), crc32(key));
  const isWhole = isText
    ? hasTextChecksum(record, end, checksum)
    : record.readUInt32LE(end) === checksum;
  checkFound(isWhole, record);
  return record;
}

/**
 * The same for the record of a text that was read as one. What is no UTF-8 has become U+FFFD then, and that does not
 * match, unless it was U+FFFD.
 *
 * @param key was borrowed, and nothing since.
 */
export function checkTextRecord(key: Buffer, record: string): string {
  out.length = key.length;
  writeText(out, record);
  const end = out.length - TEXT_CHECKSUM_BYTES;
  const isWhole =
    end >= key.length + FLAGS_BYTES && hasTextChecksum(out.bytes, end, crc32(beginning(end)));
  if (out.length > KEPT_BYTES) out.take();
  checkFound(isWhole, record);
  return record;
}

/** The value in a record that has been checked. */
export function valueIn(record: DatabaseRecord): Value;
export function valueIn(record: DatabaseRecord | undefined): Value | undefined;
export function valueIn(record: DatabaseRecord | undefined): Value | undefined {
  if (record === undefined) return undefined;
  if (typeof record === 'string') return record.slice(FLAGS_BYTES, -TEXT_CHECKSUM_BYTES);
  if (isTextRecord(record)) {
    return readUtf8(record, FLAGS_BYTES, record.length - TEXT_CHECKSUM_BYTES);
  }
  return readValueMessage(record, FLAGS_BYTES, record.length - CHECKSUM_BYTES);
}

/** The first bytes of {@link out}, with what is written there later. */
function beginning(length: number): Buffer {
  if (length > KEPT_BEGINNING_BYTES) return out.bytes.subarray(0, length);
  if (beginningsOf !== out.bytes) {
    beginningsOf = out.bytes;
    beginnings = [];
  }
  beginnings[length] ??= out.bytes.subarray(0, length);
  return beginnings[length];
}

function writeTextChecksum(checksum: number): void {
  out.reserve(TEXT_CHECKSUM_BYTES);
  for (let shift = 0; shift < 32; shift += 7) out.bytes[out.length++] = (checksum >>> shift) & 0x7f;
}

function hasTextChecksum(bytes: Buffer, at: number, checksum: number): boolean {
  for (let i = 0; i < TEXT_CHECKSUM_BYTES; i++) {
    if (bytes[at + i] !== ((checksum >>> (7 * i)) & 0x7f)) return false;
  }
  return true;
}

function flagsOf(record: DatabaseRecord): number {
  return typeof record === 'string' ? record.charCodeAt(0) : (record[0] ?? 0);
}

function checkFound(isWhole: boolean, record: DatabaseRecord): void {
  if (!isWhole) throw damaged();
  if ((flagsOf(record) & ~TEXT) === 0) return;
  throw new KvError('STORAGE_FAILURE', 'An entry of the database was written by a newer version');
}

function damaged(): KvError {
  return new KvError('STORAGE_FAILURE', 'An entry of the database is damaged');
}
