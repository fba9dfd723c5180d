import { endable } from '../file-system/endable.js';
import type { FileSystem } from '../file-system/file-system.js';
import { nodeFileSystem } from '../file-system/node-file-system.js';
import type { EpochStart, SnapshotReference } from '../format/manifest.js';
import { findLog } from './find-log.js';
import type { LogContents } from './log-contents.js';
import { LogDirectory } from './log-directory.js';
import { readLog } from './read-log.js';
import type { BlockReplay } from './replay.js';
import { failureOf } from './unreadable.js';

/** Takes what it is given for read. */
const NOTHING: BlockReplay = { change() {}, entries() {} };

/** What a log has in it, and whether it can be opened. */
export interface LogReport extends LogContents {
  /**
   * Whether it is as it was left; or will be cut where something stands that was never durable, when it is opened; or
   * cannot be opened, since something is missing that was durable.
   */
  readonly state: 'whole' | 'cut' | 'damaged';
  /** The store's id, in hexadecimal digits. */
  readonly storeId: string;
  readonly epochs: readonly EpochStart[];
  /** The snapshot that the manifest names. */
  readonly snapshotReference: SnapshotReference | undefined;
}

/**
 * Reads all of a log that is not open, and writes nothing.
 *
 * @throws {KvError} `STORAGE_FAILURE` if there is none, or the file system fails; `UNSUPPORTED` if it is a later version's;
 * `CANCELLED` if it was ended by the signal.
 */
export async function checkLog(
  path: string,
  fileSystem: FileSystem = nodeFileSystem,
  signal?: AbortSignal,
): Promise<LogReport> {
  const directory = new LogDirectory(path, endable(fileSystem, signal));
  try {
    const { manifest, problem } = await findLog(directory);
    const contents = await readLog(directory, manifest, NOTHING, 'check');
    const problems = problem === undefined ? contents.problems : [problem, ...contents.problems];
    const damage = problem ?? contents.damage;
    const state = damage !== undefined ? 'damaged' : problems.length > 0 ? 'cut' : 'whole';
    return {
      ...contents,
      problems,
      damage,
      state,
      storeId: Buffer.from(manifest.storeId).toString('hex'),
      epochs: manifest.epochs,
      snapshotReference: manifest.snapshot,
    };
  } catch (error) {
    throw failureOf(`The log in ${path} cannot be read`, error);
  }
}
