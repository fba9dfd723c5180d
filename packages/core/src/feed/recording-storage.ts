import { randomInt } from 'node:crypto';
import type { Position } from '@kv/protocol';
import { type Awaitable, Fifo, isPromise, KvError, MAX_TIMER_MS, type Value } from '@kv/protocol';
import type {
  Entry,
  Page,
  PageRequest,
  Storage,
  StorageCapabilities,
  WriteOp,
} from '../storage/storage.js';
import { ChangeRing } from './change-ring.js';
import type { Feed, FeedListener, Listening, PositionedPage } from './feed.js';
import type { FeedChange } from './feed-change.js';
import { type RecordingOptions, recordingSettings } from './recording-options.js';
import { Turns } from './turns.js';

/** A table of which changes are recorded. */
interface RecordedTable {
  readonly table: string;
  /** The sequence of the last change before the recording began. */
  readonly since: number;
  /** The sequence of its last change that is not kept any more; 0 if all are. */
  lost: number;
  readonly listeners: Set<FeedListener>;
  /** Ends the recording, if nobody listens meanwhile. */
  timer: NodeJS.Timeout | undefined;
}

/** A change that is told when those before it have been. */
interface Untold {
  readonly change: FeedChange;
  readonly recorded: RecordedTable;
}

/**
 * A storage that has no feed of its own, with one: it sees what is written, and tells it. Only the tables are
 * recorded to which somebody listens, or has listened lately; the last changes are kept in memory, so that who
 * was away for a moment can go on where he was.
 */
export class RecordingStorage implements Storage, Feed {
  /** There if the storage takes snapshots. */
  readonly snapshot?: NonNullable<Storage['snapshot']>;
  readonly #storage: Storage;
  readonly #lingerMs: number;
  readonly #onRecording: (isRecording: boolean) => void;
  readonly #tables: Map<string, RecordedTable> = new Map();
  readonly #turns: Turns = new Turns();
  /** Positions of another process, or of an earlier one, are of another epoch. */
  readonly #epoch: number = randomInt(2 ** 47);
  readonly #ring: ChangeRing<RecordedTable>;
  /** Changes that were made while others were told. */
  readonly #untold: Fifo<Untold> = new Fifo();
  #isTelling = false;

  /**
   * @param storage which must not be written to but by this as long as it records.
   * @param onRecording told when it begins to record anything, and when there is nothing more to record.
   * @throws {RangeError} for an option that is no number, or a negative one.
   */
  constructor(
    storage: Storage,
    options: RecordingOptions = {},
    onRecording: (isRecording: boolean) => void = () => {},
  ) {
    this.#storage = storage;
    if (storage.snapshot) this.snapshot = storage.snapshot.bind(storage);
    this.#onRecording = onRecording;
    const { maxChanges, maxBytes, lingerMs } = recordingSettings(options);
    this.#lingerMs = lingerMs;
    this.#ring = new ChangeRing({ maxChanges, maxBytes }, 0, (recorded, sequence) => {
      recorded.lost = sequence;
    });
  }

  get capabilities(): StorageCapabilities {
    return { ...this.#storage.capabilities, lane: false, feed: true };
  }

  /** The names of the tables of which changes are recorded. */
  get recorded(): Iterable<string> {
    return this.#tables.keys();
  }

  get feed(): Feed {
    return this;
  }

  // The feed.

  get position(): Position {
    return { epoch: this.#epoch, sequence: this.#ring.last };
  }

  listen(table: string, listener: FeedListener): Listening {
    const recorded = this.#tables.get(table) ?? this.#begin(table);
    clearTimeout(recorded.timer);
    const { position } = this;
    // Who begins to listen while others are told is not told of what came before.
    const own: FeedListener = (change, listeners) => {
      if (change.position.sequence > position.sequence) listener(change, listeners);
    };
    recorded.listeners.add(own);
    const end = (): void => {
      if (!recorded.listeners.delete(own) || recorded.listeners.size > 0) return;
      recorded.timer = setTimeout(() => this.#end(table), Math.min(this.#lingerMs, MAX_TIMER_MS));
      recorded.timer.unref();
    };
    return { position, end };
  }

  *history(table: string, { epoch, sequence }: Position): Generator<FeedChange[], void, undefined> {
    const recorded = this.#tables.get(table);
    const isKnown =
      recorded !== undefined &&
      epoch === this.#epoch &&
      sequence >= recorded.since &&
      sequence <= this.#ring.last;
    if (!isKnown) throw gone(table);
    const ring = this.#ring;
    for (let at = sequence; at < ring.last; ) {
      if (this.#tables.get(table) !== recorded || recorded.lost > at) throw gone(table);
      // What other tables have lost is none of its business.
      at = Math.max(at, ring.dropped);
      const batch: FeedChange[] = [];
      for (let i = 0; i < BATCH && at < ring.last; i++) {
        const isOf = ring.recordedAt(++at) === recorded;
        const change = isOf ? ring.at(at) : undefined;
        if (change !== undefined) batch.push(change);
      }
      if (batch.length > 0) yield batch;
    }
  }

  page(table: string, request: PageRequest): Awaitable<PositionedPage> {
    const read = this.#storage.scan(table, request);
    // It has what was called before; what is called while it takes its time need not wait for it to be told.
    const told = this.#turns.take(undefined, () => this.position);
    if (!isPromise(read) && !isPromise(told)) return { page: read, position: told };
    return Promise.all([read, told]).then(([page, position]) => ({ page, position }));
  }

  // The storage.

  set(table: string, key: string, value: Value): Awaitable<Value | undefined> {
    const recorded = this.#recorded(table);
    if (recorded === undefined) return this.#storage.set(table, key, value);
    const op = ownOp({ op: 'set', key, value });
    return this.#changed(recorded, op, this.#storage.set(table, key, value));
  }

  del(table: string, key: string): Awaitable<Value | undefined> {
    const recorded = this.#recorded(table);
    if (recorded === undefined) return this.#storage.del(table, key);
    return this.#changed(recorded, { op: 'delete', key }, this.#storage.del(table, key));
  }

  write(table: string, ops: readonly WriteOp[]): Awaitable<(Value | undefined)[]> {
    if (this.#recorded(table) === undefined) return this.#storage.write(table, ops);
    const own = ops.map(ownOp);
    return this.#turns.take(this.#storage.write(table, ops), (olds) => {
      own.forEach((op, i) => {
        this.#recordIn(table, op, olds[i]);
      });
      return olds;
    });
  }

  get(table: string, key: string): Awaitable<Value | undefined> {
    return this.#storage.get(table, key);
  }

  getMany(table: string, keys: readonly string[]): Awaitable<(Value | undefined)[]> {
    return this.#storage.getMany(table, keys);
  }

  contains(table: string, key: string): Awaitable<boolean> {
    return this.#storage.contains(table, key);
  }

  getAll(table: string): Awaitable<Entry[]> {
    return this.#storage.getAll(table);
  }

  getIter(table: string): Iterable<Entry> | AsyncIterable<Entry> {
    return this.#storage.getIter(table);
  }

  scan(table: string, request: PageRequest): Awaitable<Page> {
    return this.#storage.scan(table, request);
  }

  async close(): Promise<void> {
    await this.#storage.close();
    for (const table of [...this.#tables.keys()]) this.#end(table);
  }

  /** Mostly, nothing is recorded. */
  #recorded(table: string): RecordedTable | undefined {
    return this.#tables.size > 0 ? this.#tables.get(table) : undefined;
  }

  #begin(table: string): RecordedTable {
    // So that what was not recorded lies between this and any position that somebody has.
    this.#ring.skip();
    const recorded: RecordedTable = {
      table,
      since: this.#ring.last,
      lost: 0,
      listeners: new Set(),
      timer: undefined,
    };
    this.#tables.set(table, recorded);
    if (this.#tables.size === 1) this.#onRecording(true);
    return recorded;
  }

  #end(table: string): void {
    clearTimeout(this.#tables.get(table)?.timer);
    this.#tables.delete(table);
    if (this.#tables.size > 0) return;
    this.#ring.clear();
    this.#onRecording(false);
  }

  /** Has a change recorded in its turn: mostly, that is now. */
  #changed(
    recorded: RecordedTable,
    op: WriteOp,
    answer: Awaitable<Value | undefined>,
  ): Awaitable<Value | undefined> {
    if (isPromise(answer) || this.#turns.waiting) {
      return this.#changedLater(recorded.table, op, answer);
    }
    this.#record(recorded, op, answer);
    return answer;
  }

  /** Apart, so that nothing is set aside for what is waited for where nothing is. */
  #changedLater(
    table: string,
    op: WriteOp,
    answer: Awaitable<Value | undefined>,
  ): Awaitable<Value | undefined> {
    return this.#turns.take(answer, (old) => {
      this.#recordIn(table, op, old);
      return old;
    });
  }

  /** Records a change, if somebody still listens, or again. */
  #recordIn(table: string, op: WriteOp, old: Value | undefined): void {
    const recorded = this.#tables.get(table);
    if (recorded !== undefined) this.#record(recorded, op, old);
  }

  #record(recorded: RecordedTable, op: WriteOp, old: Value | undefined): void {
    // Nothing has changed.
    if (op.op === 'delete' && old === undefined) return;
    const change: FeedChange = {
      position: { epoch: this.#epoch, sequence: this.#ring.last + 1 },
      table: recorded.table,
      key: op.key,
      cause: op.op,
      value: op.op === 'set' ? op.value : undefined,
      // The caller may change what it is answered.
      old: old instanceof Uint8Array ? Uint8Array.from(old) : old,
      oldKnown: true,
    };
    this.#ring.push(recorded, change);
    if (this.#isTelling) this.#untold.push({ change, recorded });
    else this.#tell(change, recorded);
  }

  /** Tells of a change, and of what is changed meanwhile by those who are told of something. */
  #tell(change: FeedChange, recorded: RecordedTable): void {
    this.#isTelling = true;
    tell(change, recorded);
    for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) {
      tell(next.change, next.recorded);
    }
    this.#isTelling = false;
  }
}

function tell(change: FeedChange, { listeners }: RecordedTable): void {
  for (const listener of listeners) listener(change, listeners.size);
}

/** How many changes are given at a time. */
const BATCH = 256;

/** An op whose value is nobody else's. */
function ownOp(op: WriteOp): WriteOp {
  if (op.op !== 'set' || !(op.value instanceof Uint8Array)) return op;
  return { ...op, value: Uint8Array.from(op.value) };
}

function gone(table: string): KvError {
  return new KvError(
    'GONE',
    `The changes of table ${table} after this position are not kept any more`,
  );
}
