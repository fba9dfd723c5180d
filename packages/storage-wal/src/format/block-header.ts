import { crc32 } from 'node:zlib';
import { ALIGNMENT, aligned, getUint64, putUint64 } from './layout.js';

/** The bytes of a block's header; its records begin behind it. */
export const BLOCK_HEADER_BYTES = 48;

/** The most bytes that the records of a block may take. */
export const MAX_PAYLOAD_BYTES: number = 2 ** 30;

/** "KVBL". */
export const BLOCK_MAGIC = 0x4c42_564b;
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
export const BLOCK_OF_SNAPSHOT = 1;
const KNOWN_FLAGS: number = BLOCK_OF_SNAPSHOT;

/** What the header of a block says, beside its length. */
export interface BlockHeader {
  flags: number;
  /** How many changes are in it. */
  changes: number;
  epoch: number;
  /** The number of its segment, of which the header has the lower 32 bits. */
  segment: number;
  /** Where in its file it begins, in bytes. */
  offset: number;
  /** The sequence of its first change. */
  first: number;
  /** The sequence up to which the log was known to be durable when it was written. */
  durable: number;
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
  view.setUint32(0, BLOCK_MAGIC, true);
  view.setUint32(FLAGS, header.flags, true);
  view.setUint32(PAYLOAD, payloadBytes, true);
  view.setUint32(CHANGES, header.changes, true);
  view.setUint32(EPOCH, header.epoch, true);
  view.setUint32(SEGMENT, header.segment >>> 0, true);
  view.setUint32(PLACE, header.offset / ALIGNMENT, true);
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
  offset = 0;
  first = 0;
  durable = 0;
  /** The bytes of its records. */
  payloadBytes = 0;

  /** The bytes that it takes in its file. */
  get bytes(): number {
    return blockBytes(this.payloadBytes);
  }

  /** Reads what stands at `at`; all of a header must be there. Answers whether it may be a block's. */
  look(view: DataView, at: number): boolean {
    if (view.getUint32(at, true) !== BLOCK_MAGIC) return false;
    this.flags = view.getUint32(at + FLAGS, true);
    this.payloadBytes = view.getUint32(at + PAYLOAD, true);
    this.changes = view.getUint32(at + CHANGES, true);
    this.epoch = view.getUint32(at + EPOCH, true);
    this.segment = view.getUint32(at + SEGMENT, true);
    this.offset = view.getUint32(at + PLACE, true) * ALIGNMENT;
    this.first = getUint64(view, at + FIRST);
    this.durable = getUint64(view, at + DURABLE);
    return this.payloadBytes <= MAX_PAYLOAD_BYTES;
  }

  /** Whether the checksum of the block at `at` is right, all of which must be there. */
  isWhole(bytes: Buffer, view: DataView, at: number, seed: number): boolean {
    const sum = crc32(bytes.subarray(at + FLAGS, at + this.bytes), seed);
    return sum === view.getUint32(at + CHECKSUM, true);
  }

  /** Whether it has flags that this code does not know: it is of a later version then. */
  get isForeign(): boolean {
    return (this.flags & ~KNOWN_FLAGS) !== 0;
  }
}
