import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { KvError } from '@kv/protocol';
import { failureOf } from './directory-error.js';
import { DirectoryLock, LOCK_FILE } from './directory-lock.js';
import {
  checkFormat,
  type DataFormat,
  MARKER_FILE,
  type Marker,
  readMarker,
  writeMarker,
} from './marker.js';
import { syncDirectory, TEMPORARY } from './replace-file.js';

/** What a directory may have in it and be none of anybody's: a disk of its own has the last. */
const NOBODYS: ReadonlySet<string> = new Set([
  LOCK_FILE,
  MARKER_FILE,
  MARKER_FILE + TEMPORARY,
  'lost+found',
]);

/**
 * A directory that one storage engine of one process has for itself. `kv.json` in it says whose it is, and
 * `kv.lock` is locked as long as it is open. All else in it is the engine's.
 */
export class DataDirectory {
  /** Where it is: an absolute path. */
  readonly path: string;
  /** Whose it is, and in which version of the format, which may be older than the one that was asked for. */
  readonly marker: Marker;
  #lock: DirectoryLock | undefined;

  private constructor(path: string, marker: Marker, lock: DirectoryLock) {
    this.path = path;
    this.marker = marker;
    this.#lock = lock;
  }

  /**
   * Opens a directory, which is made, with those above it, if it is missing. What is in it stays as it is.
   *
   * @param path of the directory; relative to the working directory.
   * @param format what the engine writes, and the newest version that it reads.
   * @throws {KvError} `STORAGE_FAILURE`, with the system's error as its cause, if the path is a file, may not
   * be written or the disk is full, and without a cause if there are files in it of which nothing says that
   * they are kv's; `UNSUPPORTED` if it has the data of another engine or of a newer version; `UNAVAILABLE` if it
   * is open already, in this process or another. The message names the path and what to do.
   */
  static async open(path: string, format: DataFormat): Promise<DataDirectory> {
    const absolute = resolve(path);
    let lock: DirectoryLock | undefined;
    try {
      await makeDirectory(absolute);
      // Before the lock, so that nothing is written into a directory that is not ours; and again when
      // nobody else can write.
      await examine(absolute, format);
      lock = await DirectoryLock.acquire(absolute);
      const marker = (await examine(absolute, format)) ?? (await writeMarker(absolute, format));
      return new DataDirectory(absolute, marker, lock);
    } catch (error) {
      lock?.release();
      throw failureOf(absolute, 'opened', error);
    }
  }

  /** Lets go of the directory, once the engine has closed all that it had open in it. */
  async close(): Promise<void> {
    this.#lock?.release();
    this.#lock = undefined;
  }
}

/**
 * Reads whose a directory is, without a lock, and without writing anything.
 *
 * @param format what an engine reads, if it is to be that engine's.
 * @throws {KvError} `STORAGE_FAILURE` if that cannot be found out, `UNSUPPORTED` if the engine cannot read it.
 */
export async function inspect(path: string, format?: DataFormat): Promise<Marker> {
  const absolute = resolve(path);
  try {
    await stat(absolute);
    const marker = await readMarker(absolute);
    if (marker !== undefined && format !== undefined) checkFormat(absolute, marker, format);
    if (marker !== undefined) return marker;
  } catch (error) {
    throw failureOf(absolute, 'read', error);
  }
  throw new KvError(
    'STORAGE_FAILURE',
    `${absolute} is no data directory of kv: it has no ${MARKER_FILE}; check the path`,
  );
}

/**
 * Makes sure that nobody has a directory open, and writes nothing: for who reads what its storage may change. That it is
 * so later, too, is not said.
 *
 * @throws {KvError} `UNAVAILABLE` if it is open in this process or another, `STORAGE_FAILURE` if that cannot be found out.
 */
export async function checkClosed(path: string): Promise<void> {
  const absolute = resolve(path);
  try {
    await DirectoryLock.checkFree(absolute);
  } catch (error) {
    throw failureOf(absolute, 'read', error);
  }
}

/** Whose the directory is; `undefined` if there is nothing in it. Refuses one that is not the engine's. */
async function examine(path: string, format: DataFormat): Promise<Marker | undefined> {
  // In this order: what came before a marker that is still not there is not its writer's.
  const names = await readdir(path);
  const marker = await readMarker(path);
  if (marker !== undefined) checkFormat(path, marker, format);
  else checkEmpty(path, names);
  return marker;
}

function checkEmpty(path: string, names: readonly string[]): void {
  const foreign = names.filter((name) => !NOBODYS.has(name)).sort();
  if (foreign.length === 0) return;
  const some = foreign.slice(0, 3).join(', ') + (foreign.length > 3 ? ', …' : '');
  throw new KvError(
    'STORAGE_FAILURE',
    `The data directory ${path} has files in it (${some}) and no ${MARKER_FILE} that says they are kv's; give an empty or a new directory`,
  );
}

/** Makes a directory and those above it that are missing, for good. */
async function makeDirectory(path: string): Promise<void> {
  // `recursive` never comes to an end where the system makes no directories, as in /proc.
  try {
    await makeOne(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const parent = dirname(path);
    if (!(await isDirectory(parent))) await makeDirectory(parent);
    // Somebody else may have made the one above it just now. If it was there before, this fails as well.
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (await isDirectory(path)) return;
    throw error;
  }
  await syncDirectory(dirname(path));
}

async function isDirectory(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isDirectory() === true;
}
