import { randomBytes } from 'node:crypto';
import { STORE_ID_BYTES } from '../format/layout.js';
import { lastEpoch, type Manifest } from '../format/manifest.js';
import { withNextEpoch } from './epochs.js';
import { belongsToLog, MANIFEST, segmentName } from './file-names.js';
import { removeLeftovers } from './leftovers.js';
import type { LogContents } from './log-contents.js';
import type { LogDirectory } from './log-directory.js';
import { readLog } from './read-log.js';
import type { BlockReplay } from './replay.js';
import { damageError, type Problem } from './unreadable.js';

/** What was found when a log was opened. */
export interface Recovery {
  /** How many changes were replayed, those of a snapshot included. */
  readonly changes: number;
  /** The bytes of the log, without a snapshot. */
  readonly bytes: number;
  /** How long that took, in milliseconds. */
  readonly ms: number;
  /** Where the log was cut, since what stood there was neither whole nor durable. */
  readonly cut: Cut | undefined;
}

/** Where a log was cut. */
export interface Cut extends Problem {
  /** How many bytes were lost, there and in later segments. */
  readonly bytes: number;
}

/** A log that may be written on: all that is in it is whole and durable. */
export interface Recovered {
  /** What it is made of: a new epoch included, and the segment in which that begins. */
  readonly manifest: Manifest;
  readonly contents: LogContents;
}

/**
 * Reads a log, or makes one, cuts off what does not count, makes the rest durable, and begins a new epoch.
 *
 * Whatever is done before the process ends, the next may begin anew.
 *
 * @param tag of the new epoch.
 * @throws {KvError} `STORAGE_FAILURE` if it is damaged, `UNSUPPORTED` if it is a later version's; nothing is changed then.
 */
export async function recover(
  directory: LogDirectory,
  replay: BlockReplay,
  tag: number,
): Promise<Recovered> {
  const manifest = await openManifest(directory);
  const contents = await readLog(directory, manifest, replay, 'open');
  if (contents.damage !== undefined) throw damageError(contents.damage);
  if (manifest.repaired) await removeLeftovers(directory, manifest);
  await settle(directory, contents, manifest.durable);
  const begun = withEpoch(manifest, contents, tag);
  const { storeId, lastSegment: number } = begun;
  await directory.createSegment({
    storeId,
    number,
    epoch: lastEpoch(begun),
    hashSeed: undefined,
  });
  await directory.writeManifest(begun);
  await removeLeftovers(directory, begun);
  return { manifest: begun, contents };
}

/** Where the log was cut, if it was. */
export function cutOf({ problems, lostBytes }: LogContents): Cut | undefined {
  const [first] = problems;
  return first === undefined ? undefined : { ...first, bytes: lostBytes };
}

async function openManifest(directory: LogDirectory): Promise<Manifest> {
  const found = await directory.readManifest();
  if ('storeId' in found) return found;
  const names = await directory.list();
  if (names.includes(MANIFEST) || names.some(belongsToLog)) throw damageError(found);
  const manifest: Manifest = {
    storeId: randomBytes(STORE_ID_BYTES),
    firstSegment: 1,
    lastSegment: 0,
    durable: 0,
    snapshot: undefined,
    epochs: [],
    repaired: false,
  };
  await directory.writeManifest(manifest);
  return manifest;
}

/** Cuts segments to what counts in them, and makes that durable. */
async function settle(
  directory: LogDirectory,
  { segments, problems }: LogContents,
  durable: number,
): Promise<void> {
  for (const { number, size, end, last } of segments) {
    if (size === end && last <= durable && problems.length === 0) continue;
    await directory.use(segmentName(number), false, async (file) => {
      await file.truncate(end);
      await file.datasync();
    });
  }
}

/** The manifest of the epoch that follows. Its segment takes the place of those at the end that have nothing in them. */
function withEpoch(manifest: Manifest, { segments, last }: LogContents, tag: number): Manifest {
  const used = segments.findLast(({ blocks }) => blocks > 0)?.number;
  return {
    ...manifest,
    lastSegment: (used ?? manifest.firstSegment - 1) + 1,
    durable: last,
    epochs: withNextEpoch(manifest.epochs, tag, last),
    repaired: false,
  };
}
