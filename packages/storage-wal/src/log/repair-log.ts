import { randomBytes } from 'node:crypto';
import { checkGoesOn, endable } from '../file-system/endable.js';
import type { FileSystem } from '../file-system/file-system.js';
import { nodeFileSystem } from '../file-system/node-file-system.js';
import { STORE_ID_BYTES } from '../format/layout.js';
import { lastEpoch, type Manifest } from '../format/manifest.js';
import { checkLog } from './check-log.js';
import { MANIFEST, originalName, SET_ASIDE, segmentNumber } from './file-names.js';
import { findLog } from './find-log.js';
import { removeLeftovers } from './leftovers.js';
import { LogDirectory } from './log-directory.js';
import { readLog } from './read-log.js';
import { SalvageWriter } from './salvage-writer.js';
import { failureOf, type Problem } from './unreadable.js';

/** What a repair has done. */
export interface RepairReport {
  /** Whether the log was damaged; nothing was done if not. */
  readonly isRepaired: boolean;
  /** How many changes the log has now, those of its snapshot included. */
  readonly changes: number;
  /** What was not as it was written. */
  readonly problems: readonly Problem[];
  /** The names of the files that the damaged log was made of, under which they are still there. */
  readonly setAside: readonly string[];
}

/**
 * Makes of a log that is damaged and not open another that can be opened: with all changes of all blocks that are whole,
 * in their order, those behind a gap as well. What was in the gap is lost, so that the state may be one that there never was.
 * It is a store of its own from then on: its changes are counted from 1, and its id is a new one.
 *
 * All files of the damaged log are kept: their names then end in `.damaged`. There must be room for another as large.
 * If it comes to no end, the log is as it was, and may be repaired again.
 *
 * @throws {KvError} `STORAGE_FAILURE` if there is no log, or the file system fails; `UNSUPPORTED` if it is a later version's;
 * `CANCELLED` if it was ended by the signal, before the other log took its place.
 */
export async function repairLog(
  path: string,
  fileSystem: FileSystem = nodeFileSystem,
  signal?: AbortSignal,
): Promise<RepairReport> {
  const { state, changes, problems } = await checkLog(path, fileSystem, signal);
  if (state !== 'damaged') return { isRepaired: false, changes, problems, setAside: [] };
  const directory = new LogDirectory(path, fileSystem);
  try {
    return await salvage(directory, problems, signal);
  } catch (error) {
    throw failureOf(`The log in ${path} cannot be repaired`, error);
  }
}

async function salvage(
  directory: LogDirectory,
  problems: readonly Problem[],
  signal: AbortSignal | undefined,
): Promise<RepairReport> {
  const damaged = new LogDirectory(directory.path, endable(directory.fileSystem, signal));
  const names = await directory.list();
  const numbers = names.map((name) => segmentNumber(originalName(name)) ?? 0);
  const { manifest } = await findLog(damaged);
  // The manifest may be an older one.
  const found = Math.max(manifest.lastSegment, ...names.map((name) => segmentNumber(name) ?? 0));
  const storeId = randomBytes(STORE_ID_BYTES);
  const epoch = lastEpoch(manifest) + 1;
  const lastSegment = Math.max(0, ...numbers);
  const writer = new SalvageWriter(directory, storeId, epoch, lastSegment);
  try {
    await readLog(damaged, { ...manifest, lastSegment: found }, writer, 'salvage');
    await writer.finish();
    checkGoesOn(signal);
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  const kept = await keepManifest(directory);
  const repaired: Manifest = {
    storeId,
    firstSegment: lastSegment + 1,
    lastSegment: writer.lastSegment,
    durable: writer.changes,
    snapshot: undefined,
    epochs: [{ epoch, tag: 0, first: 1 }],
    repaired: true,
  };
  // From here on it is the other log.
  await directory.writeManifest(repaired);
  const setAside = [...kept, ...(await removeLeftovers(directory, repaired))];
  return { isRepaired: true, changes: writer.changes, problems, setAside };
}

/** Keeps a copy of the manifest, which is about to be replaced; answers its name, if there was one. */
async function keepManifest(directory: LogDirectory): Promise<string[]> {
  const bytes = await directory.readFile(MANIFEST);
  if (bytes === undefined) return [];
  const name = MANIFEST + SET_ASIDE;
  await directory.create(name, (file) => file.write(bytes, 0));
  return [name];
}
