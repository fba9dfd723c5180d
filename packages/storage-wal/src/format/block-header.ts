import { crc32 } from 'node:zlib';
import { ALIGNMENT, aligned, getUint64, putUint64 } from './layout.js';

/** The bytes of a block's header; its records begin behind it. */
export const BLOCK_HEADER_BYTES = 48;

/** "KVBL". */
const MAGIC = 0x4c42_564b;
const CHECKSUM = 4;
const FLAGS = 8;
const PAYLOAD = 12;
const CHANGES = 16;
const EPOCH = 20;
const SEGMENT = 24;
const PLACE = 28;
const FIRST = 32;
const DURABLE = 40;

/** Set in the blocks of a snapshot. */
export const OF_SNAPSHOT = 1;
/** Set in the last block of a snapshot, which has no records. */
export const END_OF_SNAPSHOT = 2;

/** What the header of a block says, beside its length. */
export interface BlockHeader {
  readonly flags: number;
  /** How many changes are in it. */
  readonly changes: number;
  /** What the header of its file says. */
  readonly epoch: number;
  /** What the header of its file says, of which 32 bits count. */
  readonly segment: number;
  /** Where in its file it begins, as {@link placeOf} tells. */
  readonly place: number;
  /** The sequence of its first change; in a snapshot they are counted from 1. */
  readonly first: number;
  /** The sequence up to which the log was known to be durable when it was written. */
  readonly durable: number;
}

/**
 * What the checksums of a store's blocks begin with, so that nobody who does not know the store's id can make a value
 * that is taken for a block.
 */
export function checksumSeed(storeId: Uint8Array): number {
  return crc32(storeId);
}

/** The place of a block that begins at a byte of its file. */
export function placeOf(offset: number): number {
  return (offset / ALIGNMENT) >>> 0;
}

/** The bytes that a block takes in its file. */
export function blockBytes(payloadBytes: number): number {
  return aligned(BLOCK_HEADER_BYTES + payloadBytes);
}

/**
 * Writes the header of a block before its records, where room was left for it, and clears what fills it up.
 *
 * @param bytes as many as the block takes.
 */
export function sealBlock(
  bytes: Buffer,
  view: DataView,
  payloadBytes: number,
  header: BlockHeader,
  seed: number,
): void {
  view.setUint32(0, MAGIC, true);
  view.setUint32(FLAGS, header.flags, true);
  view.setUint32(PAYLOAD, payloadBytes, true);
  view.setUint32(CHANGES, header.changes, true);
  view.setUint32(EPOCH, header.epoch, true);
  view.setUint32(SEGMENT, header.segment >>> 0, true);
  view.setUint32(PLACE, header.place, true);
  putUint64(view, FIRST, header.first);
  putUint64(view, DURABLE, header.durable);
  for (let at = BLOCK_HEADER_BYTES + payloadBytes; at < bytes.length; at++) bytes[at] = 0;
  view.setUint32(CHECKSUM, crc32(bytes.subarray(FLAGS), seed), true);
}

/** A block as it stands among bytes that were read; one object is used for all, one after the other. */
export class ReadBlock implements BlockHeader {
  flags = 0;
  changes = 0;
  epoch = 0;
  segment = 0;
  place = 0;
  first = 0;
  durable = 0;
  /** The bytes of its records. */
  payloadBytes = 0;
  /** The bytes that it takes in its file. */
  bytes = 0;

  /** Reads what stands at `at`, where all of a header is. Answers whether it may be a block's. */
  look(view: DataView, at: number): boolean {
    if (view.getUint32(at, true) !== MAGIC) return false;
    this.flags = view.getUint32(at + FLAGS, true);
    this.payloadBytes = view.getUint32(at + PAYLOAD, true);
    this.bytes = blockBytes(this.payloadBytes);
    this.changes = view.getUint32(at + CHANGES, true);
    this.epoch = view.getUint32(at + EPOCH, true);
    this.segment = view.getUint32(at + SEGMENT, true);
    this.place = view.getUint32(at + PLACE, true);
    this.first = getUint64(view, at + FIRST);
    this.durable = getUint64(view, at + DURABLE);
    return true;
  }

  /** Whether the checksum of the block at `at` is right, all of which is there. */
  isWhole(bytes: Buffer, view: DataView, at: number, seed: number): boolean {
    const sum = crc32(bytes.subarray(at + FLAGS, at + this.bytes), seed);
    return sum === view.getUint32(at + CHECKSUM, true);
  }
}
