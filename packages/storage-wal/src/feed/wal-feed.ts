import type {
  Awaitable,
  Feed,
  FeedChange,
  FeedListener,
  LaneRequest,
  Listening,
  PageRequest,
  Position,
  PositionedPage,
  ProgressListener,
  SlabStorage,
  StorageLane,
  Value,
  WriteOp,
} from '@kv/core';
import { type ByteWriter, Fifo, KvError, readUtf8, straightLineCodec } from '@kv/protocol';
import type { Clock } from '../log/clock.js';
import { isPosition } from '../log/epochs.js';
import { gone, type TakeChange } from '../log/history.js';
import type { Log } from '../log/log.js';
import { changeOf, isNone, isOfOther, loggedChange, ownValue } from './logged-change.js';
import { WatchedTable, WatchedTables } from './watched-tables.js';

/** How long it is still known which changes a table has had when nobody listens any more, in milliseconds. */
const LINGER_MS = 60_000;

/** How many changes are read again at one time, about. */
interface ReadLimits {
  readonly changes: number;
  readonly bytes: number;
}

/** At first, for it may be that few are wanted. */
const FIRST_READ: ReadLimits = { changes: 64, bytes: 256 * 1024 };
const LATER_READ: ReadLimits = { changes: 1024, bytes: 1024 * 1024 };

/** What a {@link WalFeed} tells the changes of. */
export interface WalFeedContext {
  readonly log: Log;
  readonly storage: SlabStorage;
  /** Whether changes are applied before the disk has them. */
  readonly isAhead: boolean;
  readonly clock: Clock;
  /** Reads a page when all is applied that was called before. */
  readonly scan: (table: string, request: PageRequest) => Awaitable<PositionedPage>;
}

/** Where changes are told that are carried out: one batch after the other, and each in order. */
export interface ChangeTeller {
  /** A batch begins to be carried out, behind the change of this sequence. */
  begin(sequence: number): void;
  /** It has been carried out. */
  end(): void;
}

/**
 * The changes of a storage with a log. Live ones are told as they are applied, with old values, and not before they are
 * as durable as the log makes them; earlier ones are read from the log.
 */
export class WalFeed implements Feed, ChangeTeller {
  readonly #log: Log;
  readonly #storage: SlabStorage;
  readonly #isAhead: boolean;
  readonly #clock: Clock;
  readonly #scan: WalFeedContext['scan'];
  readonly #tables = new WatchedTables();
  /** What is applied and not yet durable. */
  readonly #waiting: Fifo<FeedChange> = new Fifo();
  /** The sequence of the last change that was applied. */
  #applied: number;
  /** The sequence of the last change that was told, or would have been. */
  #told: number;
  /** Where the snapshot starts that was begun last; of none, if it is negative. */
  #marked = -1;
  /** Once this sequence has been told, all are told how far they have come. */
  #progressAt = Number.POSITIVE_INFINITY;

  constructor({ log, storage, isAhead, clock, scan }: WalFeedContext) {
    this.#log = log;
    this.#storage = storage;
    this.#isAhead = isAhead;
    this.#clock = clock;
    this.#scan = scan;
    this.#applied = log.committed;
    this.#told = log.committed;
    if (isAhead) log.onDurable = () => this.#tell();
  }

  get position(): Position {
    return this.#at(this.#told);
  }

  /** The position of the last change that was applied. */
  get applied(): Position {
    return this.#at(this.#applied);
  }

  listen(table: string, listener: FeedListener, progressed?: ProgressListener): Listening {
    const watched = this.#tables.get(table) ?? this.#watch(table);
    watched.stay();
    const { listeners } = watched;
    const applied = this.#applied;
    // What was applied before this was called, and is told later, is none of its business.
    const own: FeedListener = (change, count) => {
      if (change.position.sequence > applied) listener(change, count);
    };
    listeners.set(own, progressed);
    const end = (): void => {
      if (!listeners.delete(own) || listeners.size > 0) return;
      watched.stay = this.#clock.after(LINGER_MS, () => this.#tables.delete(watched));
    };
    return { position: this.applied, end };
  }

  async *history(table: string, after: Position): AsyncGenerator<FeedChange[], void, undefined> {
    // What was applied may be behind a position from which somebody listens.
    if (this.#told < this.#applied) await this.#log.sync();
    const { epoch, sequence } = after;
    const told = this.#told;
    const newest = Math.max(told, this.#applied);
    if (!isPosition(this.#log.epochs, newest, epoch, sequence)) throw gone();
    const through = Math.min(told, this.#tables.get(table)?.last ?? told);
    let most = FIRST_READ;
    for (let at = this.#from(table, sequence); at < through; most = LATER_READ) {
      const { changes, end } = await this.#read(table, at, through, most);
      if (changes.length > 0) yield changes;
      at = end;
    }
  }

  async page(table: string, request: PageRequest): Promise<PositionedPage> {
    const read = await this.#scan(table, request);
    // What is in it is told as soon as it is durable: not in a second, for there may be many pages.
    if (this.#told < read.position.sequence) await this.#log.sync();
    return read;
  }

  /**
   * Notes that a snapshot is begun, in whose place there will be no log: the changes up to here, in their order. Who
   * watches a quiet table has not lost any, however far the log goes back; and is told a position from which he can go on
   * in the log that will be there, also of a server that was started anew.
   */
  snapshotBegins(start: number): void {
    const isAdopted = this.#isAdopted;
    for (const table of this.#tables) table.mark(isAdopted);
    this.#marked = start;
    this.#progressAt = start;
    this.#tellProgress();
  }

  // What tells it.

  begin(sequence: number): void {
    this.#applied = sequence;
  }

  end(): void {
    this.#tell();
  }

  /** A lane that tells what is carried out by it. */
  lane(lane: StorageLane): Pick<StorageLane, 'execute'> {
    return { execute: (request, out) => this.#execute(lane, request, out) };
  }

  /** Carries out a write. */
  write(table: string, ops: readonly WriteOp[]): (Value | undefined)[] {
    const first = this.#applied + 1;
    // The log has them, whatever becomes of it now.
    this.#applied += ops.length;
    const watched = this.#tables.get(table);
    const before = watched?.last;
    if (watched !== undefined) watched.last = this.#applied;
    const olds = this.#storage.write(table, ops);
    if (watched !== undefined && before !== undefined) {
      if (ops.every(({ op }, i) => op === 'delete' && olds[i] === undefined)) watched.last = before;
      ops.forEach(({ op, key, ...rest }, i) => {
        const value = 'value' in rest ? rest.value : undefined;
        this.#changed(table, key, op, value, olds[i], first + i);
      });
    }
    return olds;
  }

  /** Reads some of the changes of a table that come after `at`, and answers how far it has come. */
  async #read(
    table: string,
    at: number,
    through: number,
    most: ReadLimits,
  ): Promise<{ readonly changes: FeedChange[]; readonly end: number }> {
    const changes: FeedChange[] = [];
    const name = Buffer.from(table);
    let read = 0;
    const take: TakeChange = (logged) => {
      if (isOfOther(name, logged)) return true;
      const change = loggedChange(logged);
      if (change.table !== table || isNone(change)) return true;
      changes.push(change);
      read += logged.end - logged.start + logged.oldEnd - logged.oldStart;
      return changes.length < most.changes && read < most.bytes;
    };
    try {
      return { changes, end: await this.#log.readHistory(at, through, take) };
    } catch (error) {
      // A snapshot may have taken the place of a log in which there is nothing of it.
      const from = this.#from(table, at);
      if (from === at || KvError.from(error).code !== 'GONE') throw error;
      return { changes: [], end: from };
    }
  }

  /** Where to begin to read what a table has had after a position: none of what the log may not have any more is its own. */
  #from(table: string, after: number): number {
    const lost = this.#tables.get(table)?.lost(this.#isAdopted) ?? Number.POSITIVE_INFINITY;
    return lost <= after ? Math.max(after, this.#log.snapshot?.start ?? 0) : after;
  }

  /** Whether the snapshot that was begun last is the one with which the log begins. */
  get #isAdopted(): boolean {
    return this.#log.snapshot?.start === this.#marked;
  }

  #watch(name: string): WatchedTable {
    const table = new WatchedTable(name, this.#applied);
    this.#tables.add(table);
    return table;
  }

  #execute(lane: StorageLane, request: LaneRequest, out: ByteWriter): number {
    const { command } = request;
    if (command !== 'hset' && command !== 'hdel') return lane.execute(request, out);
    const sequence = ++this.#applied;
    if (this.#tables.size === 0) return lane.execute(request, out);
    const watched = this.#tables.find(request.bytes, request.tableStart, request.tableEnd);
    if (watched === undefined) return lane.execute(request, out);
    const bytes = Buffer.from(request.bytes.buffer, request.bytes.byteOffset, request.bytes.length);
    const table = watched.name;
    const old = this.#storage.get(table, readUtf8(bytes, request.keyStart, request.keyEnd));
    // Whatever becomes of it in memory.
    if (command === 'hset' || old !== undefined) watched.last = sequence;
    const status = lane.execute(request, out);
    if (status !== 0) {
      const decoded = straightLineCodec.decodeRequest(bytes, request.start, request.end);
      const { key, cause, value } = changeOf(decoded, this.#at(sequence));
      this.#changed(table, key, cause, value, old, sequence);
    }
    return status;
  }

  #changed(
    table: string,
    key: string,
    cause: FeedChange['cause'],
    value: Value | undefined,
    old: Value | undefined,
    sequence: number,
  ): void {
    if (cause === 'delete' && old === undefined) return;
    const position = this.#at(sequence);
    // The caller may change what it is answered.
    const own = old === undefined ? undefined : ownValue(old);
    this.#waiting.push({ position, table, key, cause, value, old: own, oldKnown: true });
  }

  /** Tells what is durable. */
  #tell(): void {
    const through = this.#isAhead ? Math.min(this.#log.durable, this.#applied) : this.#applied;
    for (let next = this.#waiting.peek(); next !== undefined; next = this.#waiting.peek()) {
      if (next.position.sequence > through) break;
      this.#waiting.shift();
      this.#told = next.position.sequence;
      const listeners = this.#tables.get(next.table)?.listeners;
      if (listeners === undefined) continue;
      for (const listener of listeners.keys()) listener(next, listeners.size);
    }
    this.#told = Math.max(this.#told, through);
    this.#tellProgress();
  }

  #tellProgress(): void {
    if (this.#told < this.#progressAt) return;
    this.#progressAt = Number.POSITIVE_INFINITY;
    const { position } = this;
    for (const { listeners } of this.#tables) {
      for (const progressed of listeners.values()) progressed?.(position);
    }
  }

  #at(sequence: number): Position {
    return { epoch: this.#log.epochNumber, sequence };
  }
}
