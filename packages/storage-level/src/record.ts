import { crc32 } from 'node:zlib';
import {
  ByteWriter,
  KvError,
  readValueMessage,
  type Value,
  writeText,
  writeValueMessage,
} from '@kv/protocol';

// A record is what the database has as the value of an entry: a byte of flags, the message of the value, and a
// checksum of the key, the flags and the message. LevelDB has checksums, too, and its binding does not check them.

/** The flags that there are: none yet. One will say that an entry expires. */
const FLAGS = 0;
const FLAGS_BYTES = 1;
const CHECKSUM_BYTES = 4;

/** What is to become of an entry: its record, or `undefined` if it is deleted. */
export interface Change {
  readonly place: string;
  readonly record: Buffer | undefined;
}

const out = new ByteWriter();

/** The key of an entry, in bytes that are the caller's only until the next call. */
export function borrowKey(place: string): Buffer {
  out.length = 0;
  writeText(out, place);
  return out.bytes.subarray(0, out.length);
}

/** The change that stores a value, of which it has a copy. */
export function storing(place: string, value: Value): Change {
  out.length = 0;
  writeText(out, place);
  const start = out.length;
  out.reserve(FLAGS_BYTES);
  out.bytes[out.length++] = FLAGS;
  writeValueMessage(value, out);
  const checksum = crc32(out.bytes.subarray(0, out.length));
  out.reserve(CHECKSUM_BYTES);
  out.length = out.bytes.writeUInt32LE(checksum, out.length);
  const { buffer, byteOffset, length } = out.take();
  return { place, record: Buffer.from(buffer, byteOffset + start, length - start) };
}

/** The change that deletes an entry. */
export function deleting(place: string): Change {
  return { place, record: undefined };
}

/**
 * Makes sure that a record is the one that was stored under this key.
 *
 * @throws {KvError} `STORAGE_FAILURE`
 */
export function checkRecord(key: Buffer, record: Buffer): Buffer {
  const end = record.length - CHECKSUM_BYTES;
  if (
    end < FLAGS_BYTES ||
    record.readUInt32LE(end) !== crc32(record.subarray(0, end), crc32(key))
  ) {
    throw new KvError('STORAGE_FAILURE', 'An entry of the database is damaged');
  }
  if (record[0] !== FLAGS) {
    throw new KvError('STORAGE_FAILURE', 'An entry of the database was written by a newer version');
  }
  return record;
}

/** The value in a record that has been checked. */
export function valueIn(record: Buffer): Value;
export function valueIn(record: Buffer | undefined): Value | undefined;
export function valueIn(record: Buffer | undefined): Value | undefined {
  if (record === undefined) return undefined;
  return readValueMessage(record, FLAGS_BYTES, record.length - CHECKSUM_BYTES);
}
