import { randomBytes } from 'node:crypto';
import { STORE_ID_BYTES } from '../format/layout.js';
import type { EpochStart, Manifest } from '../format/manifest.js';
import type { ReplayChange } from '../format/record.js';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.js';
import { damage } from './damage.js';
import {
  isSnapshot,
  isTemporary,
  MANIFEST,
  segmentName,
  segmentNumber,
  snapshotName,
} from './file-names.js';
import type { LogDirectory } from './log-directory.js';
import { type Cut, type ReadLog, readLog } from './read-log.js';

/** So many epochs are remembered. */
const MAX_EPOCHS = 1024;

/** What was found when a log was opened. */
export interface Recovery {
  /** How many changes were replayed. */
  readonly changes: number;
  /** How long that took, in milliseconds. */
  readonly ms: number;
  /** What was cut off, as it was not durable and not whole. */
  readonly cut: Cut | undefined;
}

/** A log as it is taken over by who opens it. */
export interface Recovered {
  /** What the manifest is to say when the new epoch begins, save that there is a segment for it. */
  readonly manifest: Manifest;
  readonly read: ReadLog;
}

/**
 * Reads a log, which is made if there is none, cuts off what is not part of it, and makes durable what is.
 *
 * @throws {KvError} `STORAGE_FAILURE` if it is damaged; nothing is changed then.
 */
export async function recover(directory: LogDirectory, replay: ReplayChange): Promise<Recovered> {
  const manifest = await openManifest(directory);
  const read = await readLog(directory, manifest, replay);
  await checkBeyond(directory, manifest);
  await settle(directory, read);
  const lastSegment = read.segments.findLast(({ blocks }) => blocks > 0)?.number;
  return {
    manifest: {
      ...manifest,
      lastSegment: lastSegment ?? manifest.firstSegment - 1,
      durable: read.last,
      epochs: withEpoch(manifest.epochs, read.last + 1),
    },
    read,
  };
}

/** Removes what the manifest does not name: what was left over when a process ended in the middle of something. */
export async function removeLeftovers(directory: LogDirectory, manifest: Manifest): Promise<void> {
  const { firstSegment, lastSegment, snapshot } = manifest;
  const kept = snapshot === undefined ? undefined : snapshotName(snapshot.start);
  const leftovers = (await directory.list()).filter((name) => {
    const number = segmentNumber(name);
    if (number !== undefined) return number < firstSegment || number > lastSegment;
    return isTemporary(name) || (isSnapshot(name) && name !== kept);
  });
  await directory.remove(leftovers);
}

async function openManifest(directory: LogDirectory): Promise<Manifest> {
  const names = await directory.list();
  if (names.includes(MANIFEST)) return directory.readManifest();
  const orphan = names.find((name) => segmentNumber(name) !== undefined || isSnapshot(name));
  if (orphan !== undefined) {
    throw damage(directory.file(MANIFEST), 0, `it is missing, while there is ${orphan}`);
  }
  const manifest: Manifest = {
    storeId: randomBytes(STORE_ID_BYTES),
    firstSegment: 1,
    lastSegment: 0,
    durable: 0,
    snapshot: undefined,
    epochs: [],
  };
  await directory.writeManifest(manifest);
  return manifest;
}

/** Segments that the manifest does not know yet have nothing in them, unless it is an old one. */
async function checkBeyond(directory: LogDirectory, { lastSegment }: Manifest): Promise<void> {
  for (const name of await directory.list()) {
    const number = segmentNumber(name);
    if (number === undefined || number <= lastSegment) continue;
    const path = directory.file(name);
    const file = await directory.fileSystem.open(path, { readOnly: true });
    try {
      const bytes = Buffer.alloc(8);
      await file.read(bytes, SEGMENT_HEADER_BYTES);
      if (bytes.some((byte) => byte !== 0)) {
        throw damage(
          directory.file(MANIFEST),
          0,
          `it names segments up to ${lastSegment}, while ${name} has changes`,
        );
      }
    } finally {
      await file.close();
    }
  }
}

/** Cuts the segments to what counts in them, the last first, and makes that durable. */
async function settle(directory: LogDirectory, { segments }: ReadLog): Promise<void> {
  for (const { number, size, end } of segments.toReversed()) {
    const file = await directory.fileSystem.open(directory.file(segmentName(number)));
    try {
      if (size > end) await file.truncate(end);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}

/** A new epoch beside those that there were; one in which nothing happened is none. */
function withEpoch(epochs: readonly EpochStart[], first: number): EpochStart[] {
  const epoch = (epochs.at(-1)?.epoch ?? 0) + 1;
  return [...epochs.filter((each) => each.first < first), { epoch, first }].slice(-MAX_EPOCHS);
}
