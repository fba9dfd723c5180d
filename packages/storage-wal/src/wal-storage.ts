import { randomBytes } from 'node:crypto';
import {
  type Awaitable,
  checkOps,
  type Entry,
  KvError,
  type Page,
  type PageRequest,
  type SlabStorageStats,
  type Storage,
  type StorageLane,
  type Value,
  type WriteOp,
} from '@kv/core';
import { DataDirectory, type DataFormat } from '@kv/data-directory';
import { checkOptionNames, type OptionNames } from '@kv/protocol';
import { CommitQueue } from './commit-queue.js';
import { EncodedChanges } from './encoded-changes.js';
import { WalFeed } from './feed/wal-feed.js';
import { Log, type LogState } from './log/log.js';
import { type LogOptions, withDefaults } from './log/log-options.js';
import { Memory } from './memory.js';
import { OldValues } from './old-values.js';
import { CallOperation } from './operation.js';
import { Snapshots, type SnapshotTaken } from './snapshot/snapshots.js';
import { WalLane } from './wal-lane.js';

/** What a {@link WalStorage} can be told. */
export interface WalStorageOptions extends Partial<LogOptions> {
  /** Where the data is kept: a directory of its own, which is made if it is missing. */
  readonly directory: string;
  /**
   * Whether the log also gets what was there before each change, so that changes which are read from it again are told with
   * that; false by default. Earlier versions refuse such a log.
   */
  readonly logOldValues?: boolean;
  /**
   * With how many bytes of log a snapshot is taken, that takes the log's place. By default 64 MiB, or as many as the last
   * snapshot took if that is more. `Infinity` for none but those that are asked for.
   */
  readonly snapshotLogBytes?: number;
  /** Whether a snapshot is taken at the end, so that the next opening is quicker; false by default. */
  readonly snapshotAtClose?: boolean;
  /**
   * Once it is aborted, no snapshot is taken any more, and one that is being taken is given up, that at the end too: for
   * those who have to come to an end in time.
   */
  readonly snapshotSignal?: AbortSignal | undefined;
  /** Ends the opening when it is aborted, if that is not over by then: what there is stays as it is. */
  readonly signal?: AbortSignal | undefined;
}

const OPTIONS: OptionNames<WalStorageOptions> = {
  directory: true,
  fsync: true,
  inline: true,
  segmentBytes: true,
  fileSystem: true,
  onWarning: true,
  clock: true,
  newEpochTag: true,
  logOldValues: true,
  snapshotLogBytes: true,
  snapshotAtClose: true,
  snapshotSignal: true,
  signal: true,
};

/** Figures of a {@link WalStorage}, besides those of the slabs. */
export type WalStorageStats = SlabStorageStats & {
  /** `read-only` once the log cannot be written; the reason is in `problem`. */
  readonly state: LogState;
  readonly problem: string | undefined;
  /** The epoch: how often the store has been opened. */
  readonly epoch: number;
  /** The sequence of the last change in the log, and of the last one that is durable. */
  readonly committed: number;
  readonly durable: number;
  /** Snapshots since it was opened, and whether one is being taken. */
  readonly snapshots: number;
  readonly takingSnapshot: boolean;
};

const HASH_KEY_BYTES = 8;

/** What the engine's data directories are marked with. */
export const FORMAT: DataFormat = { engine: 'wal', version: 1 };

/** What a storage is made of that has been opened. */
interface WalParts {
  readonly directory: DataDirectory;
  readonly log: Log;
  readonly memory: Memory;
  readonly hashKey: Uint8Array;
  readonly options: WalStorageOptions & LogOptions;
}

/**
 * The slab storage, made durable by a write-ahead log: every change is in the log before anybody sees
 * it, and memory is built from the log when the storage is opened again. All data must fit in memory.
 */
export class WalStorage implements Storage {
  readonly capabilities = {
    persistent: true,
    ordered: false,
    snapshotIteration: false,
    lane: true,
    feed: true,
  } as const;
  /** The way from request bytes to response bytes, by the log. */
  readonly lane: StorageLane;
  /** The changes, as far back as the log is kept; those read from there have old values if they were logged. */
  readonly feed: WalFeed;
  readonly #directory: DataDirectory;
  readonly #log: Log;
  readonly #memory: Memory;
  readonly #queue: CommitQueue;
  readonly #snapshots: Snapshots;
  readonly #options: WalParts['options'];
  readonly #changes = new EncodedChanges();
  #closed = false;

  private constructor({ directory, log, memory, hashKey, options }: WalParts) {
    const { fsync, inline, snapshotLogBytes, snapshotSignal, onWarning, clock } = options;
    const { storage, lane } = memory;
    this.#directory = directory;
    this.#log = log;
    this.#memory = memory;
    this.#options = options;
    const waits = fsync === 'always' && !inline;
    this.feed = new WalFeed({
      ...{ log, storage, clock, isAhead: fsync === 'everysec' },
      scan: (table, request) => {
        const read = () => ({ page: storage.scan(table, request), position: this.feed.applied });
        this.#open();
        return this.#queue.isIdle ? read() : this.#later(read);
      },
    });
    this.#queue = new CommitQueue({
      ...{ log, waits, lane: this.feed.lane(lane), teller: this.feed },
      oldValues: options.logOldValues ? new OldValues(storage) : undefined,
      onCommitted: (bytes) => this.#snapshots.logged(bytes),
    });
    this.#snapshots = new Snapshots({
      ...{ log, storage, hashKey, onWarning, logBytes: snapshotLogBytes, signal: snapshotSignal },
      applied: () => this.#queue.applied,
      begins: (start) => this.feed.snapshotBegins(start),
      now: () => clock.now(),
    });
    this.lane = new WalLane(lane, this.#queue, () => this.#closed);
  }

  /**
   * Opens a data directory, and reads into memory what is in it.
   *
   * @throws {KvError} `STORAGE_FAILURE` if the directory cannot be used or what is in it is damaged: the
   * message names file and offset, and nothing has been changed. `UNSUPPORTED` if it has the data of
   * another engine or of a newer version, `UNAVAILABLE` if it is open already; `CANCELLED` if
   * it was ended by the signal.
   * @throws {RangeError} if an option is not what it must be.
   * @throws {TypeError} for an option that there is not: what is misspelt must not be taken for something less safe.
   */
  static async open(given: WalStorageOptions): Promise<WalStorage> {
    checkOptionNames('a WalStorage', given, OPTIONS);
    const { snapshotLogBytes } = given;
    if (snapshotLogBytes !== undefined && !(snapshotLogBytes > 0)) {
      throw new RangeError('snapshotLogBytes must be a positive number');
    }
    const options = { ...given, ...withDefaults(given) };
    const directory = await DataDirectory.open(given.directory, FORMAT);
    let hashKey: Uint8Array = randomBytes(HASH_KEY_BYTES);
    try {
      let memory = new Memory(hashKey);
      const log = await Log.open(directory.path, options, {
        beginSnapshot(key) {
          hashKey = key;
          memory = new Memory(key);
        },
        change: (bytes, view, start, end) => memory.apply(bytes, view, start, end),
        entries: (bytes, view, start, end) => memory.storage.load(bytes, view, start, end),
        endBlock: () => checkGoesOn(given.signal),
      });
      return new WalStorage({ directory, log, memory, hashKey, options });
    } catch (error) {
      await directory.close();
      throw error;
    }
  }

  get(table: string, key: string): Awaitable<Value | undefined> {
    const { storage } = this.#open();
    if (!this.#changes.isPending(this.#queue, key)) return storage.get(table, key);
    return this.#later(() => storage.get(table, key));
  }

  getMany(table: string, keys: readonly string[]): Awaitable<(Value | undefined)[]> {
    const { storage } = this.#open();
    if (this.#queue.isIdle) return storage.getMany(table, keys);
    const own = [...keys];
    return this.#later(() => storage.getMany(table, own));
  }

  contains(table: string, key: string): Awaitable<boolean> {
    const { storage } = this.#open();
    if (!this.#changes.isPending(this.#queue, key)) return storage.contains(table, key);
    return this.#later(() => storage.contains(table, key));
  }

  async set(table: string, key: string, value: Value): Promise<Value | undefined> {
    const [old] = await this.write(table, [{ op: 'set', key, value }]);
    return old;
  }

  async del(table: string, key: string): Promise<Value | undefined> {
    const [old] = await this.write(table, [{ op: 'delete', key }]);
    return old;
  }

  async write(table: string, ops: readonly WriteOp[]): Promise<(Value | undefined)[]> {
    this.#open();
    checkOps(ops);
    if (ops.length === 0) return [];
    const refusal = this.#log.refusal();
    if (refusal !== undefined) throw refusal;
    const own = ops.map(ownOp);
    this.#changes.append(this.#log.block, table, own);
    this.#changes.notePending(this.#queue, own);
    const operation = new CallOperation(true, () => this.feed.write(table, own));
    this.#queue.add(operation);
    return operation.answer;
  }

  getAll(table: string): Awaitable<Entry[]> {
    const { storage } = this.#open();
    return this.#queue.isIdle ? storage.getAll(table) : this.#later(() => storage.getAll(table));
  }

  getIter(table: string): Iterable<Entry> | AsyncIterable<Entry> {
    const { storage } = this.#open();
    if (this.#queue.isIdle) return storage.getIter(table);
    return entriesOf(this.#later(() => storage.getIter(table)));
  }

  scan(table: string, request: PageRequest): Awaitable<Page> {
    const { storage } = this.#open();
    if (this.#queue.isIdle) return storage.scan(table, request);
    return this.#later(() => storage.scan(table, request));
  }

  /**
   * Writes all data into a snapshot, while everything else goes on, and removes the log that is not needed beside
   * it. If one is being taken already, that one is waited for.
   *
   * @throws {KvError} `STORAGE_FAILURE` if it cannot be written, `UNAVAILABLE` if it is given up since the storage is to
   * be closed; nothing is lost then.
   */
  async snapshot(): Promise<SnapshotTaken> {
    this.#open();
    return this.#snapshots.take();
  }

  /** Figures of now. */
  stats(): WalStorageStats {
    const { storage } = this.#open();
    const { state, problem, epoch, committed, durable } = this.#log;
    return {
      ...storage.stats(),
      ...{ state, problem: problem?.message, epoch, committed, durable },
      snapshots: this.#snapshots.taken,
      takingSnapshot: this.#snapshots.isUnderWay,
    };
  }

  /**
   * A snapshot that is being taken is given up, unless it is the one that is wanted at the end.
   *
   * @throws {KvError} `STORAGE_FAILURE` if what was answered may not be durable; it lets go of all files at any rate.
   */
  async close(): Promise<void> {
    this.#open();
    this.#closed = true;
    await this.#queue.idle();
    try {
      if (this.#options.snapshotAtClose) await this.#takeLastSnapshot();
      else await this.#snapshots.giveUp();
      await this.#log.close();
    } finally {
      this.#memory.storage.close();
      await this.#directory.close();
    }
  }

  /** If it cannot be taken, the log has all, and is closed as it would be without. */
  async #takeLastSnapshot(): Promise<void> {
    try {
      await this.#snapshots.takeLast();
    } catch (error) {
      const { onWarning } = this.#options;
      onWarning(`No snapshot could be taken at the end: ${KvError.from(error).message}`);
    }
  }

  #open(): Memory {
    if (this.#closed) throw new KvError('UNAVAILABLE', 'The storage is closed');
    return this.#memory;
  }

  /** Reads after all that waits. */
  #later<Answer>(read: () => Answer): Promise<Answer> {
    const operation = new CallOperation(false, read);
    this.#queue.add(operation);
    return operation.answer;
  }
}

function checkGoesOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new KvError('CANCELLED', 'The opening was ended', { cause: signal.reason });
}

/** An op whose value is nobody else's: it is stored later. */
function ownOp(op: WriteOp): WriteOp {
  if (op.op !== 'set' || !(op.value instanceof Uint8Array)) return { ...op };
  return { ...op, value: Uint8Array.from(op.value) };
}

async function* entriesOf(entries: Promise<Iterable<Entry>>): AsyncGenerator<Entry, void> {
  yield* await entries;
}
