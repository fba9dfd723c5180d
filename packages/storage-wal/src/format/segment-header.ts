import {
  checkHeader,
  copyOf,
  getUint64,
  putUint64,
  STORE_ID_BYTES,
  sealHeader,
  type Unreadable,
  viewOf,
} from './layout.js';

/** The bytes of a segment's header, or a snapshot's; its first block begins behind it. */
export const SEGMENT_HEADER_BYTES = 64;
/** The bytes of {@link SegmentHeader.hashSeed}. */
export const HASH_SEED_BYTES = 8;

/** "KVSG". */
const MAGIC = 0x4753_564b;
const FLAGS = 12;
const STORE_ID = 16;
const NUMBER = 32;
const EPOCH = 40;
const HASH_SEED = 48;

/** Set in the header of a snapshot. */
const SNAPSHOT = 1;

/** What a segment, or a snapshot, begins with. */
export interface SegmentHeader {
  readonly storeId: Uint8Array;
  /** Which segment it is, from 1; of a snapshot, the sequence of the last change that is in it for certain. */
  readonly number: number;
  /** The epoch in which it was written. */
  readonly epoch: number;
  /** Only of a snapshot: what the hashes were made with in whose order it is, 8 bytes. */
  readonly hashSeed: Uint8Array | undefined;
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const view = viewOf(bytes);
  view.setUint32(FLAGS, header.hashSeed === undefined ? 0 : SNAPSHOT, true);
  bytes.set(header.storeId, STORE_ID);
  putUint64(view, NUMBER, header.number);
  view.setUint32(EPOCH, header.epoch, true);
  if (header.hashSeed !== undefined) bytes.set(header.hashSeed, HASH_SEED);
  sealHeader(bytes, MAGIC);
  return bytes;
}

/** @param bytes those of the header, or fewer if the file has no more. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | Unreadable {
  const unreadable = checkHeader(bytes, MAGIC, 'segment', SEGMENT_HEADER_BYTES);
  if (unreadable !== undefined) return unreadable;
  const view = viewOf(bytes);
  const flags = view.getUint32(FLAGS, true);
  if (flags > SNAPSHOT) return { foreign: true, reason: `the header has flags ${flags}` };
  return {
    storeId: copyOf(bytes, STORE_ID, STORE_ID_BYTES),
    number: getUint64(view, NUMBER),
    epoch: view.getUint32(EPOCH, true),
    hashSeed: flags === SNAPSHOT ? copyOf(bytes, HASH_SEED, HASH_SEED_BYTES) : undefined,
  };
}
