import { KvError, type Value } from '@kv/protocol';
import type { RootDatabase } from 'lmdb';
import { checkFiles, syncData, syncDirectory } from './data-file.js';
import { hasRoom } from './disk-space.js';
import { failureOf } from './failure.js';
import { type PlaceRange, readPlace, writePlace } from './place.js';
import { readTail, readValue } from './record.js';
import { type PlacedEntries, TableCursor } from './table-cursor.js';

/** So many snapshots can be held at one time. Each place for one takes 64 bytes. */
const MAX_SNAPSHOTS = 1024;

/** What is to become of an entry: its record, or `undefined` if it is deleted. */
export interface PlacedChange {
  readonly table: string;
  readonly key: string;
  readonly record: Buffer | undefined;
}

/** See `LmdbStorageOptions`. */
export interface EnvironmentOptions {
  readonly sync: boolean;
  readonly mapSize: number | undefined;
}

/** Figures of LMDB's. */
export interface EnvironmentFigures {
  readonly entryCount: number;
  readonly pageSize: number;
  readonly lastPageNumber: number;
  readonly mapSize: number;
}

type Driver = typeof import('lmdb');

/** An LMDB environment with entries in it. What there is to know of the driver is here. */
export class Environment {
  readonly #db: RootDatabase<Value, string | Uint8Array>;
  readonly #path: string;
  readonly #sync: boolean;
  readonly #cursors = new Set<TableCursor>();
  /** The table of the keys that the driver is being given. */
  #table = '';
  /** The tail of the key whose value was read last. */
  #tail: Buffer | undefined;
  /** Why nothing works any more. */
  #broken: KvError | undefined;

  private constructor({ open }: Driver, path: string, { sync, mapSize }: EnvironmentOptions) {
    this.#path = path;
    this.#sync = sync;
    this.#db = open<Value, string | Uint8Array>({
      path,
      // Else it takes the path for that of a file if there is a dot in its name.
      noSubdir: false,
      keyEncoder: {
        writeKey: (key: string | Uint8Array, target: Buffer, start: number): number =>
          typeof key === 'string'
            ? writePlace(this.#table, key, target, start)
            : start + copy(key, target, start),
        readKey: readPlace,
      },
      encoder: {
        encode: (record: Buffer): Buffer => record,
        decode: (record: Uint8Array): Value => this.#read(record),
      },
      maxReaders: MAX_SNAPSHOTS,
      ...(mapSize !== undefined && { mapSize }),
      noSync: !sync,
      // As LMDB does it elsewhere: what is committed is on the disk.
      overlappingSync: false,
      // With it, the driver makes promises that it keeps to itself: were one rejected, the process would end.
      eventTurnBatching: false,
    });
  }

  /**
   * Opens the environment in a directory, or makes one.
   *
   * @throws if what is there is damaged; and whatever the driver does.
   */
  static async open(path: string, options: EnvironmentOptions): Promise<Environment> {
    await checkFiles(path);
    // Not before it is needed: there are platforms for which it has no binary.
    const environment = new Environment(await import('lmdb'), path, options);
    try {
      // LMDB sees to what is in its file, and not to there being one.
      if (options.sync) await syncDirectory(path);
    } catch (error) {
      await environment.close();
      throw error;
    }
    return environment;
  }

  /** The value of a key, as the last commit left it. */
  get(table: string, key: string): Value | undefined {
    this.#table = table;
    try {
      return this.#db.get(key);
    } catch (error) {
      throw this.#broken ?? failureOf('read', error);
    }
  }

  /** Whether there is a key since the last commit. */
  has(table: string, key: string): boolean {
    this.#table = table;
    try {
      return this.#db.doesExist(key);
    } catch (error) {
      throw this.#broken ?? failureOf('read', error);
    }
  }

  /** A cursor over a range, or over what of it is behind a place. */
  cursor({ start, end }: PlaceRange, after?: Buffer): TableCursor {
    const from = after === undefined ? { start } : { start: after, exclusiveStart: true };
    const cursor = new TableCursor(
      () => this.#db.getRange({ ...from, end })[Symbol.iterator]() as PlacedEntries,
      () => this.#tail,
      () => this.#cursors.delete(cursor),
    );
    this.#cursors.add(cursor);
    return cursor;
  }

  /** How many cursors are not closed. */
  get cursors(): number {
    return this.#cursors.size;
  }

  /**
   * Makes all changes or none, at most one of each entry. One commit must have ended when the next begins.
   *
   * @throws {KvError} `STORAGE_FAILURE` if there is none of them.
   */
  async commit(changes: readonly PlacedChange[]): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    // What the driver has to say of a full disk is longer than the memory that it takes for it: the process may end.
    if (!this.#hasRoom(changes)) throw diskFull();
    try {
      await this.#db.batch(() => {
        for (const change of changes) this.#enqueue(change);
      });
    } catch (error) {
      const cause = await causeOf(error);
      this.#probe(cause);
      // It does not say so if a part of what it wanted to write could be written.
      throw this.#hasRoom(changes) ? failureOf('written', cause) : diskFull(cause);
    }
  }

  /** Figures of now. */
  figures(): EnvironmentFigures {
    return this.#db.getStats() as EnvironmentFigures;
  }

  /** Must not be called while a commit is under way. */
  async close(): Promise<void> {
    // What is read afterwards is not mapped any more.
    for (const cursor of this.#cursors) cursor.close();
    await this.#db.close();
    if (!this.#sync) await syncData(this.#path);
  }

  #hasRoom(changes: readonly PlacedChange[]): boolean {
    const bytes = changes.reduce((sum, { record }) => sum + (record?.length ?? 0), 0);
    return hasRoom(this.#path, changes.length, bytes, () => {
      const { lastPageNumber, pageSize } = this.figures();
      return (lastPageNumber + 1) * pageSize;
    });
  }

  /** What it answers is a promise that is always the same, and resolved. */
  #enqueue({ table, key, record }: PlacedChange): void {
    this.#table = table;
    if (record === undefined) void this.#db.remove(key);
    else void this.#db.put(key, record);
  }

  #read(record: Uint8Array): Value {
    // Of what is larger than 16 MiB the driver gives no copy, but the map itself.
    const bytes = Buffer.isBuffer(record)
      ? record
      : Buffer.from(record.buffer, record.byteOffset, record.length);
    this.#tail = readTail(bytes);
    return readValue(bytes);
  }

  /**
   * Finds out whether LMDB has given up for good: it does when it cannot write which state is the latest. A commit
   * would then never end, by a fault of the driver's; a transaction of the other kind fails.
   */
  #probe(cause: unknown): void {
    try {
      this.#db.transactionSync(() => {});
    } catch {
      const message = 'The database has failed while it was written; it has to be opened anew';
      this.#broken = new KvError('STORAGE_FAILURE', message, { cause });
    }
  }
}

function diskFull(cause?: unknown): KvError {
  const message = 'The database cannot be written: the disk is full';
  return new KvError('STORAGE_FAILURE', message, cause === undefined ? {} : { cause });
}

/** The reason why a commit failed is in a promise of its own, of which somebody has to take care. */
async function causeOf(error: unknown): Promise<unknown> {
  try {
    await (error as { commitError?: Promise<never> }).commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}

function copy(bytes: Uint8Array, target: Buffer, start: number): number {
  target.set(bytes, start);
  return bytes.length;
}
