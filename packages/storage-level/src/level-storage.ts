import {
  checkOps,
  type Entry,
  type Page,
  type PageRequest,
  type Storage,
  type StorageCapabilities,
  type WriteOp,
} from '@kv/core';
import type { DataDirectory } from '@kv/data-directory';
import {
  type Awaitable,
  checkOptionNames,
  KvError,
  type OptionNames,
  type Value,
} from '@kv/protocol';
import { CallQueue } from './call-queue.js';
import { failureOf } from './failure.js';
import { KeyCall } from './key-call.js';
import type { LevelDatabase } from './level-database.js';
import { openLevel } from './open-level.js';
import { placeOf } from './place.js';
import { type Change, type DatabaseRecord, deleting, storing, valueIn } from './record.js';
import { RecordReader } from './record-reader.js';
import { openCursor, readAll, readPage } from './table-reads.js';

/** What a {@link LevelStorage} can be told. */
export interface LevelOptions {
  /**
   * Whether what is answered is on the disk for good, as it is by default: each batch of writes is followed by an fsync.
   * If not, it survives the end of the process however that comes about, but when the machine loses power or its kernel
   * fails, writes of the last seconds may be gone, the latest first.
   */
  readonly sync?: boolean;
}

/** Where {@link LevelStorage.open} keeps its data. */
export interface LevelOpenOptions extends LevelOptions {
  /** A directory for this storage alone, made if it is missing. */
  readonly directory: string;
}

const OPTIONS: OptionNames<LevelOptions> = { sync: true };
const OPEN_OPTIONS: OptionNames<LevelOpenOptions> = { ...OPTIONS, directory: true };

/** Figures of a {@link LevelStorage}. */
export type LevelStorageStats = {
  /** Batches written since it was opened. */
  readonly batches: number;
  /** Entries stored or deleted by them. */
  readonly changes: number;
  /** Whether a write has failed, so that it takes no more: see {@link LevelStorage}. */
  readonly readOnly: boolean;
  /** Whether batches are followed by an fsync. */
  readonly sync: boolean;
};

/** How many entries an iteration reads at one time. */
const ITERATION_CHUNK = 100;

/**
 * Tables in LevelDB, or in another database with the interface of abstract-level. An entry is read at once, without a
 * promise, if the database can do that and no write to it is waiting; writes that come together are written together.
 *
 * Once a write has failed, as on a full disk, all later ones fail with `STORAGE_FAILURE`, and reading goes on, until
 * the storage is opened anew. LevelDB itself would go on after a hole in its log, at which it ends when it is next
 * opened. Whether the write that failed is there then, nobody knows.
 */
export class LevelStorage implements Storage {
  readonly capabilities: StorageCapabilities;
  readonly #db: LevelDatabase;
  readonly #directory: DataDirectory | undefined;
  readonly #reader: RecordReader;
  readonly #queue: CallQueue;
  readonly #sync: boolean;
  #closed = false;

  private constructor(db: LevelDatabase, sync: boolean, directory?: DataDirectory) {
    this.#db = db;
    this.#sync = sync;
    this.#directory = directory;
    this.#reader = new RecordReader(db);
    this.#queue = new CallQueue(db, this.#reader, sync);
    this.capabilities = {
      persistent: db.supports.permanence !== false,
      ordered: true,
      snapshotIteration: this.#queue.snapshots,
      lane: false,
      feed: false,
    };
  }

  /**
   * Opens LevelDB in a directory.
   *
   * @throws {KvError} whatever `DataDirectory.open` does; `STORAGE_FAILURE`, with LevelDB's error as its cause, if
   * LevelDB cannot open what is there.
   * @throws {TypeError} for an option that there is not.
   */
  static async open(options: LevelOpenOptions): Promise<LevelStorage> {
    checkOptionNames('a LevelStorage', options, OPEN_OPTIONS);
    const { directory, sync = true } = options;
    const opened = await openLevel(directory);
    return new LevelStorage(opened.db, sync, opened.directory);
  }

  /**
   * Keeps tables in a database that you have made, which must be nobody else's, and is closed with the storage: any
   * of abstract-level that keeps keys and values as bytes, or a sublevel of one.
   *
   * @throws {KvError} `STORAGE_FAILURE` if it cannot be opened, `UNSUPPORTED` if it keeps text.
   * @throws {TypeError} for an option that there is not.
   */
  static async on(db: LevelDatabase, options: LevelOptions = {}): Promise<LevelStorage> {
    checkOptionNames('a LevelStorage', options, OPTIONS);
    const { sync = true } = options;
    try {
      await db.open();
    } catch (error) {
      throw failureOf('opened', error);
    }
    checkBytes(db);
    return new LevelStorage(db, sync);
  }

  get(table: string, key: string): Awaitable<Value | undefined> {
    this.#checkOpen();
    const place = placeOf(table, key);
    if (this.#readsNow(place)) return valueIn(this.#reader.readNow(place));
    return this.#read(table, [place], ([record]) => valueIn(record));
  }

  contains(table: string, key: string): Awaitable<boolean> {
    this.#checkOpen();
    const place = placeOf(table, key);
    if (this.#readsNow(place)) return this.#reader.readNow(place) !== undefined;
    return this.#read(table, [place], ([record]) => record !== undefined);
  }

  getMany(table: string, keys: readonly string[]): Awaitable<(Value | undefined)[]> {
    this.#checkOpen();
    const places = keys.map((key) => placeOf(table, key));
    if (places.every((place) => this.#readsNow(place))) {
      return places.map((place) => valueIn(this.#reader.readNow(place)));
    }
    return this.#read(table, places, (records) => records.map((record) => valueIn(record)));
  }

  set(table: string, key: string, value: Value): Awaitable<Value | undefined> {
    this.#checkOpen();
    return this.#change(table, storing(placeOf(table, key), value));
  }

  del(table: string, key: string): Awaitable<Value | undefined> {
    this.#checkOpen();
    return this.#change(table, deleting(placeOf(table, key)));
  }

  write(table: string, ops: readonly WriteOp[]): Awaitable<(Value | undefined)[]> {
    this.#checkOpen();
    checkOps(ops);
    if (ops.length === 0) return [];
    const changes = ops.map((op) => {
      const place = placeOf(table, op.key);
      return op.op === 'set' ? storing(place, op.value) : deleting(place);
    });
    const places = changes.map(({ place }) => place);
    return this.#queue.push(new KeyCall(table, places, true, (view) => view.applyAll(changes)));
  }

  getAll(table: string): Promise<Entry[]> {
    this.#checkOpen();
    return this.#queue.readTable(table, () => readAll(this.#db, table));
  }

  getIter(table: string): AsyncIterable<Entry> {
    this.#checkOpen();
    return this.#iterate(table);
  }

  scan(table: string, request: PageRequest): Promise<Page> {
    this.#checkOpen();
    return this.#queue.readTable(table, () => readPage(this.#db, table, request));
  }

  /** Figures of now. */
  stats(): LevelStorageStats {
    return { ...this.#queue.figures, sync: this.#sync };
  }

  async close(): Promise<void> {
    this.#checkOpen();
    this.#closed = true;
    try {
      await this.#queue.end();
      await this.#db.close();
    } catch (error) {
      throw failureOf('closed', error);
    } finally {
      await this.#directory?.close();
    }
  }

  /** Whether an entry can be read without waiting for anything. */
  #readsNow(place: string): boolean {
    return this.#reader.immediate && !this.#queue.awaitsWrite(place);
  }

  /** Reads entries when what was called before has been carried out. */
  #read<T>(
    table: string,
    places: readonly string[],
    answerOf: (records: (DatabaseRecord | undefined)[]) => T,
  ): Promise<T> {
    if (!places.some((place) => this.#queue.awaitsWrite(place))) {
      return this.#queue
        .track(this.#reader.read(places), true)
        .then((read) => answerOf(places.map(read)));
    }
    return this.#queue.push(
      new KeyCall(table, places, false, (view) => answerOf(places.map((place) => view.get(place)))),
    );
  }

  #change(table: string, change: Change): Promise<Value | undefined> {
    return this.#queue.push(new KeyCall(table, [change.place], true, (view) => view.apply(change)));
  }

  async *#iterate(table: string): AsyncGenerator<Entry, void, undefined> {
    this.#checkOpen();
    const { snapshots } = this.#queue;
    const cursor = await this.#queue.readTable(table, () => openCursor(this.#db, table, snapshots));
    try {
      for (;;) {
        this.#checkOpen();
        const some = await cursor.next(ITERATION_CHUNK);
        if (some.length === 0) return;
        for (const entry of some) {
          this.#checkOpen();
          yield entry;
        }
      }
    } finally {
      await cursor.close();
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new KvError('UNAVAILABLE', 'The storage is closed');
  }
}

/** Refuses a database that keeps text: values would not come back as they are. */
function checkBytes(db: LevelDatabase): void {
  try {
    db.keyEncoding('buffer');
    db.valueEncoding('buffer');
  } catch (cause) {
    throw new KvError('UNSUPPORTED', 'The database keeps text, and a storage needs one for bytes', {
      cause,
    });
  }
}
