import {
  type ByteWriter,
  KvError,
  readValueMessage,
  type Value,
  writeValueMessage,
} from '@kv/protocol';

// A record is what LMDB has as the value of an entry: a byte of flags; the tail of the key, if the place has not
// all of it, after its length (four bytes, little-endian); and the message of the value.

/** The record has a tail. The other flags are for what is to come: one will say that an entry expires. */
const HAS_TAIL = 1;
const FLAGS_BYTES = 1;
const LENGTH_BYTES = 4;

/** LMDB and its driver count in 32 bits, one of which is the sign. */
const MAX_RECORD_BYTES = 2 ** 31 - 1;

/**
 * Makes the record of an entry.
 *
 * @param tail the part of the key that its place has not.
 * @param out to make it in. It is empty before and afterwards.
 * @throws {KvError} `TOO_LARGE` for more than LMDB can hold, `STORAGE_FAILURE` if there is no memory for it.
 */
export function encodeRecord(value: Value, tail: Buffer | undefined, out: ByteWriter): Buffer {
  try {
    writeHeader(tail, out);
    writeValueMessage(value, out);
    checkRecordBytes(out.length);
    // What is taken from a Buffer is one.
    return out.take() as Buffer;
  } catch (cause) {
    out.length = 0;
    if (cause instanceof KvError) throw cause;
    throw new KvError('STORAGE_FAILURE', 'The storage is out of memory', { cause });
  }
}

/** @throws {KvError} `TOO_LARGE` if a record of so many bytes is more than LMDB can hold. */
export function checkRecordBytes(bytes: number): void {
  if (bytes > MAX_RECORD_BYTES) {
    throw new KvError('TOO_LARGE', `The value exceeds the limit of ${MAX_RECORD_BYTES} bytes`);
  }
}

/**
 * The value in a record; if it is binary, a copy.
 *
 * @throws {KvError} `STORAGE_FAILURE` if there is none, as where the end of the file was lost.
 */
export function readValue(record: Buffer): Value {
  const start = FLAGS_BYTES + tailBytesOf(record);
  // No message of a value begins with a zero.
  if (!record[start]) throw new KvError('STORAGE_FAILURE', 'An entry of the database is damaged');
  return readValueMessage(record, start, record.length);
}

/** A copy of the tail in a record, if it has one. */
export function readTail(record: Buffer): Buffer | undefined {
  const bytes = tailBytesOf(record);
  if (bytes === 0) return undefined;
  return Buffer.from(record.subarray(FLAGS_BYTES + LENGTH_BYTES, FLAGS_BYTES + bytes));
}

function writeHeader(tail: Buffer | undefined, out: ByteWriter): void {
  out.reserve(FLAGS_BYTES + LENGTH_BYTES);
  out.bytes[out.length++] = tail === undefined ? 0 : HAS_TAIL;
  if (tail === undefined) return;
  out.length = out.bytes.writeUInt32LE(tail.length, out.length);
  out.write(tail);
}

/** What a tail takes in a record, with its length. */
function tailBytesOf(record: Buffer): number {
  const flags = record[0] as number;
  if (flags === 0) return 0;
  if (flags === HAS_TAIL) return LENGTH_BYTES + record.readUInt32LE(FLAGS_BYTES);
  throw new KvError('STORAGE_FAILURE', 'An entry of the database was written by a newer version');
}
