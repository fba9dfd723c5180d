import { randomBytes } from 'node:crypto';
import { KvError, readUtf8, readValueMessage, type Value } from '@kv/protocol';
import { checkOps, type Entry, type Storage, type WriteOp } from '../storage.js';
import type { StorageLane } from '../storage-lane.js';
import { HalfSipHash } from './half-sip-hash.js';
import { Scratch } from './scratch.js';
import { SlabLane } from './slab-lane.js';
import { type SlabParts, SlabStore } from './slab-store.js';
import type { SlabTable } from './slab-table.js';
import { SlabWrite } from './slab-write.js';

/** What a {@link SlabStorage} can be told. */
export interface SlabStorageOptions {
  /**
   * The bytes that records and indexes may take, 65,536 at least; as much as there is by default.
   * Beyond it, entries are evicted that have not been used for long: of five taken at random always
   * the one that was used least recently. A quarter of it is for what was deleted and not yet cleaned
   * up; a write of more than half of it is refused.
   */
  readonly maxBytes?: number;
}

/** Figures of a {@link SlabStorage}. */
export type SlabStorageStats = {
  /** Tables that there are. */
  readonly tables: number;
  /** Entries in all tables. */
  readonly entries: number;
  /** Bytes of the entries, with what is kept beside keys and values. */
  readonly liveBytes: number;
  /** Bytes of entries that are gone, and not yet free. */
  readonly deadBytes: number;
  /** Bytes of the pages in which entries are. */
  readonly pageBytes: number;
  /** Bytes of the tables' indexes. */
  readonly indexBytes: number;
  /** Entries that had to go for others. */
  readonly evictions: number;
  /** What pages and indexes may take; `undefined` if nothing was said. */
  readonly maxBytes: number | undefined;
};

/** Some entries of a table, and where to go on. */
export interface SlabScan {
  readonly entries: Entry[];
  /** What to give for the next ones; 0 if these were the last. */
  readonly cursor: number;
}

const SMALLEST_BUDGET = 64 * 1024;
const LARGEST_PAGE = 4 * 1024 * 1024;
/** A budget is so many pages at least, since the page is what memory is counted in. */
const PAGES_OF_BUDGET = 64;

/** How many entries an iteration reads at one time. */
const BATCH = 64;

/**
 * Tables in memory, as bytes in a few large pages and indexes of typed arrays: half the memory of a
 * `Map`, nothing for the garbage collector to do, and no limit of entries. Answers everything at
 * once; keeps nothing when the process ends.
 */
export class SlabStorage implements Storage {
  readonly capabilities = {
    persistent: false,
    ordered: false,
    snapshotIteration: false,
    lane: true,
  } as const;
  /** The way from request bytes to response bytes. */
  readonly lane: StorageLane;
  readonly #store: SlabStore;
  readonly #scratch = new Scratch();

  /**
   * @param parts for tests: what to use in the place of the usual.
   * @throws {RangeError} if the option is not what it must be.
   */
  constructor({ maxBytes }: SlabStorageOptions = {}, parts: Partial<SlabParts> = {}) {
    if (
      maxBytes !== undefined &&
      !(Number.isSafeInteger(maxBytes) && maxBytes >= SMALLEST_BUDGET)
    ) {
      throw new RangeError(`maxBytes must be an integer of at least ${SMALLEST_BUDGET}`);
    }
    this.#store = new SlabStore(maxBytes, {
      hash: parts.hash ?? new HalfSipHash(randomBytes(8)),
      allocate: (bytes) => new ArrayBuffer(bytes),
      pageBytes: pageBytesOf(maxBytes),
      random: Math.random,
      ...parts,
    });
    this.lane = new SlabLane(this.#store);
  }

  get(table: string, key: string): Value | undefined {
    const entries = this.#open().tables.named(table);
    return entries === undefined ? undefined : this.#get(entries, key);
  }

  getMany(table: string, keys: readonly string[]): (Value | undefined)[] {
    const entries = this.#open().tables.named(table);
    return keys.map((key) => (entries === undefined ? undefined : this.#get(entries, key)));
  }

  contains(table: string, key: string): boolean {
    const store = this.#open();
    const entries = store.tables.named(table);
    return entries !== undefined && this.#find(entries, key) !== 0;
  }

  set(table: string, key: string, value: Value): Value | undefined {
    const store = this.#open();
    const entries = store.tableFor(table);
    const { window } = this.#scratch;
    const end = this.#encode(key);
    const hash = store.hash.hash(window.view, 0, end);
    const valueEnd = this.#scratch.appendValue(value);
    const address = entries.find(hash, window, 0, end);
    const old = address === 0 ? undefined : this.#value(address);
    store.put(entries, hash, address, window, 0, end, end, valueEnd);
    return old;
  }

  del(table: string, key: string): Value | undefined {
    const store = this.#open();
    const entries = store.tables.named(table);
    if (entries === undefined) return undefined;
    const { window } = this.#scratch;
    const end = this.#encode(key);
    const hash = store.hash.hash(window.view, 0, end);
    const address = entries.find(hash, window, 0, end);
    if (address === 0) return undefined;
    const old = this.#value(address);
    store.remove(entries, hash, address);
    return old;
  }

  write(table: string, ops: readonly WriteOp[]): (Value | undefined)[] {
    const store = this.#open();
    checkOps(ops);
    const [op] = ops;
    if (op === undefined) return [];
    if (ops.length > 1) return new SlabWrite(store, table, ops, this.#scratch).run();
    return [op.op === 'set' ? this.set(table, op.key, op.value) : this.del(table, op.key)];
  }

  getAll(table: string): Entry[] {
    return this.scan(table, 0, Number.POSITIVE_INFINITY).entries;
  }

  getIter(table: string): Iterable<Entry> {
    this.#open();
    return this.#entriesOf(table);
  }

  /**
   * Reads some entries of a table. From cursor to cursor, an entry that is there throughout appears
   * exactly once, whatever is written meanwhile; no entry appears twice.
   *
   * @param cursor 0 to begin with, then what the scan before answered.
   * @param limit how many entries to read; there may be a few more.
   */
  scan(table: string, cursor: number, limit: number): SlabScan {
    const { tables } = this.#open();
    const addresses: number[] = [];
    const next = tables.named(table)?.index.collect(cursor, limit, addresses) ?? 0;
    return { entries: addresses.map((address) => this.#entry(address)), cursor: next };
  }

  /** Figures of now. */
  stats(): SlabStorageStats {
    const { tables, heap, segments, budget } = this.#open();
    let entries = 0;
    for (const { index } of tables.all()) entries += index.count;
    return {
      tables: tables.count,
      entries,
      liveBytes: heap.liveBytes,
      deadBytes: heap.deadBytes,
      pageBytes: heap.pageBytes,
      indexBytes: segments.bytes,
      evictions: budget?.evictions ?? 0,
      maxBytes: budget?.maxBytes,
    };
  }

  close(): void {
    this.#open().close();
  }

  *#entriesOf(table: string): Generator<Entry, void, undefined> {
    let cursor = 0;
    do {
      const batch = this.scan(table, cursor, BATCH);
      yield* batch.entries;
      cursor = batch.cursor;
    } while (cursor !== 0);
  }

  #open(): SlabStore {
    if (this.#store.closed) throw new KvError('UNAVAILABLE', 'The storage is closed');
    return this.#store;
  }

  #get(table: SlabTable, key: string): Value | undefined {
    const address = this.#find(table, key);
    if (address === 0) return undefined;
    this.#store.touch(address);
    return this.#value(address);
  }

  #find(table: SlabTable, key: string): number {
    const end = this.#encode(key);
    const { window } = this.#scratch;
    return table.find(this.#store.hash.hash(window.view, 0, end), window, 0, end);
  }

  /** Puts a key at the beginning of the scratch; answers where it ends. */
  #encode(key: string): number {
    this.#scratch.begin();
    return this.#scratch.appendKey(key);
  }

  #entry(address: number): Entry {
    const { records } = this.#store;
    const start = records.keyStart(address);
    const key = readUtf8(records.bytes(address), start, start + records.keyBytes(address));
    return [key, this.#value(address)];
  }

  #value(address: number): Value {
    const { records } = this.#store;
    const start = records.valueStart(address);
    return readValueMessage(records.bytes(address), start, start + records.valueBytes(address));
  }
}

/** The largest power of two of which a budget is enough pages. */
function pageBytesOf(maxBytes: number | undefined): number {
  if (maxBytes === undefined) return LARGEST_PAGE;
  return Math.min(LARGEST_PAGE, 2 ** Math.floor(Math.log2(maxBytes / PAGES_OF_BUDGET)));
}
