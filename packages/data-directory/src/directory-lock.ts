/// <reference path="./fs-native-extensions.d.ts" />
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { KvError } from '@kv/protocol';

/** The file that is locked. It stays: if it were deleted, two processes could each lock one of that name. */
export const LOCK_FILE = 'kv.lock';

/** Process ids are padded to as many bytes, so that one takes the place of another, and no new room. */
const PID_BYTES = 12;

type Locks = typeof import('fs-native-extensions');

/**
 * Has a directory for one holder alone, by a lock of the operating system, which is gone with the process
 * however that ends.
 */
export class DirectoryLock {
  readonly #locks: Locks;
  // No `FileHandle`: one that nobody refers to any more is closed, and the lock gone.
  readonly #fd: number;

  private constructor(locks: Locks, fd: number) {
    this.#locks = locks;
    this.#fd = fd;
  }

  /** @throws {KvError} `UNAVAILABLE` if it is held already, `UNSUPPORTED` where there are no locks. */
  static async acquire(path: string): Promise<DirectoryLock> {
    const locks = await load();
    const fd = openSync(join(path, LOCK_FILE), constants.O_RDWR | constants.O_CREAT, 0o666);
    try {
      if (!locks.tryLock(fd)) throw heldError(path, readPid(fd));
      writePid(fd);
      return new DirectoryLock(locks, fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /**
   * Makes sure that nobody has it, and writes nothing.
   *
   * @throws {KvError} `UNAVAILABLE` if it is held, `UNSUPPORTED` where there are no locks.
   */
  static async checkFree(path: string): Promise<void> {
    const locks = await load();
    let fd: number;
    try {
      fd = openSync(join(path, LOCK_FILE), constants.O_RDONLY);
    } catch (error) {
      // Where there is none, nobody has it.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    try {
      if (!locks.tryLock(fd, { shared: true })) throw heldError(path, readPid(fd));
      locks.unlock(fd);
    } finally {
      closeSync(fd);
    }
  }

  release(): void {
    // Closing would not suffice: a child that is being started has the descriptor, too, for a moment.
    this.#locks.unlock(this.#fd);
    closeSync(this.#fd);
  }
}

/** Loads the addon when it is needed, so that all else works where there is none for the platform. */
async function load(): Promise<Locks> {
  try {
    return await import('fs-native-extensions');
  } catch (cause) {
    throw new KvError(
      'UNSUPPORTED',
      `A data directory cannot be locked on ${process.platform} ${process.arch}: fs-native-extensions does not load there`,
      { cause },
    );
  }
}

function heldError(path: string, pid: number | undefined): KvError {
  const here = pid === process.pid;
  const holder = here ? 'this process' : `another process${pid === undefined ? '' : ` (${pid})`}`;
  const remedy = here ? 'close it first' : 'end that one first';
  return new KvError(
    'UNAVAILABLE',
    `The data directory ${path} is open in ${holder} already; ${remedy}, or give another path`,
  );
}

/** Says who holds the lock. For the message of whoever comes next, and nothing else: it may fail. */
function writePid(fd: number): void {
  try {
    writeSync(fd, `${process.pid}`.padEnd(PID_BYTES), 0);
  } catch {}
}

function readPid(fd: number): number | undefined {
  const bytes = Buffer.alloc(PID_BYTES);
  try {
    readSync(fd, bytes, 0, PID_BYTES, 0);
  } catch {
    // Where a lock keeps others from reading.
  }
  const pid = Number.parseInt(bytes.toString('latin1'), 10);
  return Number.isNaN(pid) ? undefined : pid;
}
