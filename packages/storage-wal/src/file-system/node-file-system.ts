import fs from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import type { File, FileSystem, OpenOptions } from './file-system.js';

const { O_CREAT, O_DSYNC, O_RDONLY, O_RDWR, O_TRUNC } = fs.constants;

/**
 * Whether writes can be durable by themselves: one call, and no entry in the file system's journal where there was
 * room. Elsewhere it does not go as far as the disk (macOS), or is not there.
 */
const HAS_DSYNC: boolean = process.platform === 'linux' && O_DSYNC !== undefined;

/** The file system of the machine. */
export const nodeFileSystem: FileSystem = {
  async open(path: string, { create, readOnly, durable }: OpenOptions = {}): Promise<File> {
    let flags = readOnly ? O_RDONLY : O_RDWR;
    if (create) flags |= O_CREAT | O_TRUNC;
    if (durable && HAS_DSYNC) flags |= O_DSYNC;
    const descriptor = await called<number>((done) => fs.open(path, flags, 0o600, done));
    return durable && !HAS_DSYNC ? new SyncedFile(descriptor) : new NodeFile(descriptor);
  },
  list: (directory) => readdir(directory),
  rename,
  remove: (path) => rm(path),
  async syncDirectory(path: string): Promise<void> {
    // There a directory cannot be opened, and a name is durable as soon as it is given.
    if (process.platform === 'win32') return;
    const descriptor = await called<number>((done) => fs.open(path, O_RDONLY, done));
    try {
      await called<void>((done) => fs.fsync(descriptor, done));
    } finally {
      await called<void>((done) => fs.close(descriptor, done));
    }
  },
};

/** A file by its descriptor. */
class NodeFile implements File {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const count = await called<number>((done) =>
        fs.read(this.#descriptor, into, filled, into.length - filled, position + filled, done),
      );
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      // It may write less than it is asked to: before there is no more room, say.
      const go = (from: number): void => {
        fs.write(
          this.#descriptor,
          bytes,
          from,
          bytes.length - from,
          position + from,
          (error, count) => {
            if (error !== null) reject(error);
            else if (from + count < bytes.length) go(from + count);
            else resolve();
          },
        );
      };
      go(0);
    });
  }

  writeSync(bytes: Uint8Array, position: number): void {
    let from = 0;
    do {
      from += fs.writeSync(this.#descriptor, bytes, from, bytes.length - from, position + from);
    } while (from < bytes.length);
  }

  datasync(): Promise<void> {
    return called<void>((done) => fs.fdatasync(this.#descriptor, done));
  }

  /** The same on the event loop. */
  protected datasyncSync(): void {
    fs.fdatasyncSync(this.#descriptor);
  }

  truncate(length: number): Promise<void> {
    return called<void>((done) => fs.ftruncate(this.#descriptor, length, done));
  }

  async size(): Promise<number> {
    return (await called<fs.Stats>((done) => fs.fstat(this.#descriptor, done))).size;
  }

  close(): Promise<void> {
    return called<void>((done) => fs.close(this.#descriptor, done));
  }
}

/** A file that syncs after each write, where the system does not do that by itself. */
class SyncedFile extends NodeFile {
  override async write(bytes: Uint8Array, position: number): Promise<void> {
    await super.write(bytes, position);
    await this.datasync();
  }

  override writeSync(bytes: Uint8Array, position: number): void {
    super.writeSync(bytes, position);
    this.datasyncSync();
  }
}

/** A function with a callback as a promise: a quarter of what the file handles of `fs/promises` cost. */
function called<T>(
  call: (done: (error?: NodeJS.ErrnoException | null, value?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error) reject(error);
      else resolve(value as T);
    });
  });
}
