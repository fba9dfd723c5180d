import {
  checkOps,
  type Entry,
  type Page,
  type PageRequest,
  type Storage,
  type WriteOp,
} from '@kv/core';
import { DataDirectory, type DataFormat } from '@kv/data-directory';
import {
  type Awaitable,
  checkOptionNames,
  KvError,
  type OptionNames,
  type Value,
} from '@kv/protocol';
import { Change } from './batch.js';
import { Environment } from './environment.js';
import { MAX_TABLE_BYTES, rangeOf } from './place.js';
import { inKeyOrder, readAll, readPage } from './table-reads.js';
import { WriteQueue } from './write-queue.js';

/** What a {@link LmdbStorage} can be told. */
export interface LmdbStorageOptions {
  /** The path of the directory for the data. It is made if it is missing, and is the storage's alone. */
  readonly directory: string;
  /**
   * Whether a write is answered only when it is on the disk: true by default. If not, it is answered when the
   * operating system has it: it survives the end of the process, whatever that is; but a power cut, or a crash
   * of the operating system, may damage all of the data.
   */
  readonly sync?: boolean;
  /**
   * How much of the address space to map at the beginning, in bytes: 128 KiB by default. It grows with the data;
   * to give what they will need spares it the growing.
   */
  readonly mapSize?: number;
}

const OPTIONS: OptionNames<LmdbStorageOptions> = { directory: true, sync: true, mapSize: true };

/** Figures of a {@link LmdbStorage}. */
export type LmdbStorageStats = {
  /** Entries in all tables. */
  readonly entries: number;
  /** Bytes of the pages in the file: what is in use, and what was, and is free for what comes. */
  readonly fileBytes: number;
  /** Bytes of the address space that are mapped. */
  readonly mapBytes: number;
  /** Changes that were called and are not yet answered. */
  readonly pendingChanges: number;
  /** Commits since the storage was opened, each of the changes that came while the one before was under way. */
  readonly commits: number;
  /** Commits that failed: their changes have not taken effect, and their callers were told so. */
  readonly failedCommits: number;
  /** Iterations under way, each of which keeps the pages that were replaced since it began. */
  readonly iterations: number;
};

/** What is written into the directory. Version 1: keys as in `place.ts`, values as in `record.ts`. */
const FORMAT: DataFormat = { engine: 'lmdb', version: 1 };

/**
 * Tables in an LMDB database. Reads are answered at once, from memory into which the file is mapped, unless the
 * key is being written; writes that come while others are being committed are committed together.
 */
export class LmdbStorage implements Storage {
  readonly capabilities = {
    persistent: true,
    ordered: true,
    snapshotIteration: true,
    lane: false,
    feed: false,
  } as const;
  readonly #directory: DataDirectory;
  readonly #environment: Environment;
  readonly #writes: WriteQueue;
  #closed = false;

  private constructor(directory: DataDirectory, environment: Environment) {
    this.#directory = directory;
    this.#environment = environment;
    this.#writes = new WriteQueue(environment);
  }

  /**
   * Opens the data in a directory, or begins with none.
   *
   * @throws {KvError} `UNAVAILABLE` if it is open already, `UNSUPPORTED` if it is another engine's,
   * `STORAGE_FAILURE` if it cannot be used, or cannot be read.
   * @throws {RangeError} if an option is not what it must be.
   * @throws {TypeError} for an option that there is not.
   */
  static async open(options: LmdbStorageOptions): Promise<LmdbStorage> {
    checkOptionNames('an LmdbStorage', options, OPTIONS);
    const { directory, sync = true, mapSize } = options;
    if (mapSize !== undefined && !(Number.isSafeInteger(mapSize) && mapSize > 0)) {
      throw new RangeError('mapSize must be a positive integer');
    }
    const held = await DataDirectory.open(directory, FORMAT);
    try {
      return new LmdbStorage(held, await Environment.open(held.path, { sync, mapSize }));
    } catch (cause) {
      await held.close();
      throw new KvError(
        'STORAGE_FAILURE',
        `LMDB cannot be opened in ${held.path}: ${(cause as Error).message}`,
        { cause },
      );
    }
  }

  get(table: string, key: string): Awaitable<Value | undefined> {
    this.#check(table);
    const change = this.#writes.pending(table, key);
    return change === undefined ? this.#environment.get(table, key) : this.#writes.valueOf(change);
  }

  getMany(table: string, keys: readonly string[]): Awaitable<(Value | undefined)[]> {
    this.#check(table);
    const changes = keys.map((key) => this.#writes.pending(table, key));
    const values = keys.map((key, i) => changes[i] ?? this.#environment.get(table, key));
    if (!changes.some((change) => change !== undefined)) return values as (Value | undefined)[];
    return Promise.all(
      values.map((value) => (value instanceof Change ? this.#writes.valueOf(value) : value)),
    );
  }

  contains(table: string, key: string): Awaitable<boolean> {
    this.#check(table);
    const change = this.#writes.pending(table, key);
    return change === undefined
      ? this.#environment.has(table, key)
      : this.#writes.valueOf(change).then((value) => value !== undefined);
  }

  set(table: string, key: string, value: Value): Promise<Value | undefined> {
    this.#check(table);
    return this.#writes.set(table, key, value);
  }

  del(table: string, key: string): Awaitable<Value | undefined> {
    this.#check(table);
    return this.#writes.del(table, key);
  }

  write(table: string, ops: readonly WriteOp[]): Awaitable<(Value | undefined)[]> {
    this.#check(table);
    checkOps(ops);
    return ops.length === 0 ? [] : this.#writes.write(table, ops);
  }

  getAll(table: string): Awaitable<Entry[]> {
    this.#check(table);
    return this.#writes.read(table, () => readAll(this.#environment, table));
  }

  /** Goes by key, over the table as it is at the first step. */
  getIter(table: string): Iterable<Entry> | AsyncIterable<Entry> {
    this.#check(table);
    const ready = this.#writes.read(table, () => undefined);
    return ready === undefined ? this.#entries(table) : this.#entriesAfter(ready, table);
  }

  /** Goes by key, save for keys of which the first 920 bytes are the same: these come in any order. */
  scan(table: string, request: PageRequest): Awaitable<Page> {
    this.#check(table);
    return this.#writes.read(table, () => readPage(this.#environment, table, request));
  }

  /** Figures of now. */
  stats(): LmdbStorageStats {
    this.#checkOpen();
    const { entryCount, pageSize, lastPageNumber, mapSize } = this.#environment.figures();
    return {
      entries: entryCount,
      fileBytes: (lastPageNumber + 1) * pageSize,
      mapBytes: mapSize,
      pendingChanges: this.#writes.waiting,
      commits: this.#writes.commits,
      failedCommits: this.#writes.failures,
      iterations: this.#environment.cursors,
    };
  }

  async close(): Promise<void> {
    this.#checkOpen();
    this.#closed = true;
    try {
      await this.#writes.drain();
      await this.#environment.close();
    } finally {
      await this.#directory.close();
    }
  }

  *#entries(table: string): Generator<Entry, void, undefined> {
    this.#checkOpen();
    const cursor = this.#environment.cursor(rangeOf(table));
    try {
      for (const entry of inKeyOrder(cursor)) {
        yield entry;
        this.#checkOpen();
      }
    } finally {
      cursor.close();
    }
  }

  async *#entriesAfter(
    ready: Promise<unknown>,
    table: string,
  ): AsyncGenerator<Entry, void, undefined> {
    await ready;
    yield* this.#entries(table);
  }

  #check(table: string): void {
    this.#checkOpen();
    if (table.length * 3 > MAX_TABLE_BYTES && Buffer.byteLength(table) > MAX_TABLE_BYTES) {
      throw new KvError('TOO_LARGE', `The table exceeds the limit of ${MAX_TABLE_BYTES} bytes`);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new KvError('UNAVAILABLE', 'The storage is closed');
  }
}
