import { crc32 } from 'node:zlib';
import { FORMAT_VERSION, getUint64, putUint64, STORE_ID_BYTES, viewOf } from './layout.js';

/** The bytes of a segment's header; its first block begins behind it. */
export const SEGMENT_HEADER_BYTES = 64;

/** "KVSG". */
const MAGIC = 0x4753_564b;
const CHECKSUM = 4;
const VERSION = 8;
const FLAGS = 12;
const STORE_ID = 16;
const NUMBER = 32;
const EPOCH = 40;
const HASH_SEED = 48;

/** Set in the header of a snapshot. */
const SNAPSHOT = 1;
const HASH_SEED_BYTES = 8;

/** What the beginning of a segment, or of a snapshot, says. */
export interface SegmentHeader {
  readonly storeId: Uint8Array;
  /** Which segment it is, from 1; of a snapshot, the sequence of the last change that is in it for certain. */
  readonly number: number;
  readonly epoch: number;
  /** Of a snapshot: what the hashes by which it is ordered were made with, 8 bytes. */
  readonly hashSeed?: Uint8Array;
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC, true);
  view.setUint32(VERSION, FORMAT_VERSION, true);
  view.setUint32(FLAGS, header.hashSeed === undefined ? 0 : SNAPSHOT, true);
  bytes.set(header.storeId, STORE_ID);
  putUint64(view, NUMBER, header.number);
  view.setUint32(EPOCH, header.epoch, true);
  if (header.hashSeed !== undefined) bytes.set(header.hashSeed, HASH_SEED);
  view.setUint32(CHECKSUM, crc32(bytes.subarray(VERSION)), true);
  return bytes;
}

/** @returns the header, or what is the matter with it. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | string {
  if (bytes.length < SEGMENT_HEADER_BYTES) return 'the header is cut off';
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== MAGIC) return 'this is no segment';
  const version = view.getUint32(VERSION, true);
  if (version !== FORMAT_VERSION) return `the format has version ${version}, not ${FORMAT_VERSION}`;
  if (crc32(bytes.subarray(VERSION, SEGMENT_HEADER_BYTES)) !== view.getUint32(CHECKSUM, true)) {
    return "the header's checksum is wrong";
  }
  const flags = view.getUint32(FLAGS, true);
  if (flags > SNAPSHOT) return `the header has flags ${flags}`;
  return {
    storeId: Uint8Array.prototype.slice.call(bytes, STORE_ID, STORE_ID + STORE_ID_BYTES),
    number: getUint64(view, NUMBER),
    epoch: view.getUint32(EPOCH, true),
    ...(flags === SNAPSHOT && {
      hashSeed: Uint8Array.prototype.slice.call(bytes, HASH_SEED, HASH_SEED + HASH_SEED_BYTES),
    }),
  };
}
