import { crc32 } from 'node:zlib';
import { FORMAT_VERSION, getUint64, putUint64, STORE_ID_BYTES, viewOf } from './layout.js';

/** "KVMF". */
const MAGIC = 0x464d_564b;
const CHECKSUM = 4;
const VERSION = 8;
const FLAGS = 12;
const STORE_ID = 16;
const FIRST_SEGMENT = 32;
const LAST_SEGMENT = 40;
const DURABLE = 48;
const SNAPSHOT_START = 56;
const SNAPSHOT_END = 64;
const EPOCHS = 72;
const HEADER_BYTES = 80;
const EPOCH_BYTES = 16;

const HAS_SNAPSHOT = 1;

/** Since when changes belong to an epoch: a time between two openings of a store. */
export interface EpochStart {
  readonly epoch: number;
  /** The sequence of its first change. */
  readonly first: number;
}

/** A snapshot that a store may be read from, in the place of the changes before it. */
export interface SnapshotReference {
  /** The sequence of the last change that is in it for certain. */
  readonly start: number;
  /** The sequence of the last change that may be in it: it is of use with a log that goes so far. */
  readonly end: number;
}

/** Which files a store is made of, and what is known of them. */
export interface Manifest {
  readonly storeId: Uint8Array;
  /** The number of the first segment that there is. */
  readonly firstSegment: number;
  /** The number of the last segment that there is; one less than the first if there is none. */
  readonly lastSegment: number;
  /** The sequence up to which the log was known to be durable when this was written. */
  readonly durable: number;
  readonly snapshot: SnapshotReference | undefined;
  /** In their order. Some that are long gone, or had no changes, may be missing. */
  readonly epochs: readonly EpochStart[];
}

export function encodeManifest(manifest: Manifest): Buffer {
  const { epochs, snapshot } = manifest;
  const bytes = Buffer.alloc(HEADER_BYTES + epochs.length * EPOCH_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC, true);
  view.setUint32(VERSION, FORMAT_VERSION, true);
  view.setUint32(FLAGS, snapshot === undefined ? 0 : HAS_SNAPSHOT, true);
  bytes.set(manifest.storeId, STORE_ID);
  putUint64(view, FIRST_SEGMENT, manifest.firstSegment);
  putUint64(view, LAST_SEGMENT, manifest.lastSegment);
  putUint64(view, DURABLE, manifest.durable);
  putUint64(view, SNAPSHOT_START, snapshot?.start ?? 0);
  putUint64(view, SNAPSHOT_END, snapshot?.end ?? 0);
  view.setUint32(EPOCHS, epochs.length, true);
  epochs.forEach(({ epoch, first }, i) => {
    const at = HEADER_BYTES + i * EPOCH_BYTES;
    view.setUint32(at, epoch, true);
    putUint64(view, at + 8, first);
  });
  view.setUint32(CHECKSUM, crc32(bytes.subarray(VERSION)), true);
  return bytes;
}

/** @returns the manifest, or what is the matter with it. */
export function decodeManifest(bytes: Buffer): Manifest | string {
  if (bytes.length < HEADER_BYTES) return 'the manifest is cut off';
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== MAGIC) return 'this is no manifest';
  const version = view.getUint32(VERSION, true);
  if (version !== FORMAT_VERSION) return `the format has version ${version}, not ${FORMAT_VERSION}`;
  if (crc32(bytes.subarray(VERSION)) !== view.getUint32(CHECKSUM, true)) {
    return "the manifest's checksum is wrong";
  }
  const count = view.getUint32(EPOCHS, true);
  const flags = view.getUint32(FLAGS, true);
  if (flags > HAS_SNAPSHOT) return `the manifest has flags ${flags}`;
  if (bytes.length !== HEADER_BYTES + count * EPOCH_BYTES) return 'the manifest has another length';
  return {
    storeId: Uint8Array.prototype.slice.call(bytes, STORE_ID, STORE_ID + STORE_ID_BYTES),
    firstSegment: getUint64(view, FIRST_SEGMENT),
    lastSegment: getUint64(view, LAST_SEGMENT),
    durable: getUint64(view, DURABLE),
    snapshot:
      flags === HAS_SNAPSHOT
        ? { start: getUint64(view, SNAPSHOT_START), end: getUint64(view, SNAPSHOT_END) }
        : undefined,
    epochs: Array.from({ length: count }, (_, i) => {
      const at = HEADER_BYTES + i * EPOCH_BYTES;
      return { epoch: view.getUint32(at, true), first: getUint64(view, at + 8) };
    }),
  };
}
