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

/** "KVMF". */
const MAGIC = 0x464d_564b;
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
const REPAIRED = 2;
const KNOWN_FLAGS: number = HAS_SNAPSHOT | REPAIRED;

/** Where an epoch begins: the time from one opening of a store to the next. */
export interface EpochStart {
  readonly epoch: number;
  /** What tells it from the epoch of the same number of a copy of the store: random, or 0 if that is not known. */
  readonly tag: number;
  /** The sequence of its first change, or of that which would have been. */
  readonly first: number;
}

/** A snapshot, from which a store is read in the place of all changes before it. */
export interface SnapshotReference {
  /** The sequence of the last change that is in it for certain. */
  readonly start: number;
  /** The sequence of the last change that may be in it: it tells a state only with a log that goes so far. */
  readonly end: number;
}

/** Which files a store is made of, and what is known of them. */
export interface Manifest {
  readonly storeId: Uint8Array;
  /** The number of the first segment. */
  readonly firstSegment: number;
  /** The number of the last segment; one less than that of the first if there is none. */
  readonly lastSegment: number;
  /** The sequence up to which the log was known to be durable. */
  readonly durable: number;
  readonly snapshot: SnapshotReference | undefined;
  /** In their order. What is long gone may be missing, and, among very many, what had no changes. */
  readonly epochs: readonly EpochStart[];
  /** Whether files that it does not name are to be set aside, as a repair has left them, not removed. */
  readonly repaired: boolean;
}

export function encodeManifest(manifest: Manifest): Buffer {
  const { epochs, snapshot, repaired } = manifest;
  const bytes = Buffer.alloc(HEADER_BYTES + epochs.length * EPOCH_BYTES);
  const view = viewOf(bytes);
  const flags = (snapshot === undefined ? 0 : HAS_SNAPSHOT) | (repaired ? REPAIRED : 0);
  view.setUint32(FLAGS, flags, true);
  bytes.set(manifest.storeId, STORE_ID);
  putUint64(view, FIRST_SEGMENT, manifest.firstSegment);
  putUint64(view, LAST_SEGMENT, manifest.lastSegment);
  putUint64(view, DURABLE, manifest.durable);
  putUint64(view, SNAPSHOT_START, snapshot?.start ?? 0);
  putUint64(view, SNAPSHOT_END, snapshot?.end ?? 0);
  view.setUint32(EPOCHS, epochs.length, true);
  epochs.forEach(({ epoch, tag, first }, i) => {
    const at = HEADER_BYTES + i * EPOCH_BYTES;
    view.setUint32(at, epoch, true);
    view.setUint32(at + 4, tag, true);
    putUint64(view, at + 8, first);
  });
  sealHeader(bytes, MAGIC);
  return bytes;
}

/** @param bytes those of the file. */
export function decodeManifest(bytes: Buffer): Manifest | Unreadable {
  const unreadable = checkHeader(bytes, MAGIC, 'manifest', HEADER_BYTES);
  if (unreadable !== undefined) return unreadable;
  const view = viewOf(bytes);
  const flags = view.getUint32(FLAGS, true);
  if ((flags & ~KNOWN_FLAGS) !== 0) {
    return { foreign: true, reason: `the manifest has flags ${flags}` };
  }
  const count = view.getUint32(EPOCHS, true);
  if (bytes.length !== HEADER_BYTES + count * EPOCH_BYTES) {
    return { foreign: false, reason: 'the manifest is longer or shorter than it says' };
  }
  const start = getUint64(view, SNAPSHOT_START);
  const end = getUint64(view, SNAPSHOT_END);
  return {
    storeId: copyOf(bytes, STORE_ID, STORE_ID_BYTES),
    firstSegment: getUint64(view, FIRST_SEGMENT),
    lastSegment: getUint64(view, LAST_SEGMENT),
    durable: getUint64(view, DURABLE),
    snapshot: flags & HAS_SNAPSHOT ? { start, end } : undefined,
    epochs: Array.from({ length: count }, (_, i) => {
      const at = HEADER_BYTES + i * EPOCH_BYTES;
      return {
        epoch: view.getUint32(at, true),
        tag: view.getUint32(at + 4, true),
        first: getUint64(view, at + 8),
      };
    }),
    repaired: (flags & REPAIRED) !== 0,
  };
}

/** The epoch that was begun last; 0 if none was. */
export function lastEpoch({ epochs }: Pick<Manifest, 'epochs'>): number {
  return epochs.at(-1)?.epoch ?? 0;
}
