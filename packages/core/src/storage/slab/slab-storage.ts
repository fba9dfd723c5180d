import { randomBytes } from 'node:crypto';
import { checkOptionNames, KvError, type OptionNames, readUtf8, type Value } from '@kv/protocol';
import { entryBytes } from '../entry-bytes.js';
import {
  checkOps,
  type Entry,
  type Page,
  type PageRequest,
  type Storage,
  type WriteOp,
} from '../storage.js';
import type { StorageLane } from '../storage-lane.js';
import { HalfSipHash } from './half-sip-hash.js';
import { Scratch } from './scratch.js';
import { SlabDump, type TakeEntries } from './slab-dump.js';
import { SlabLane } from './slab-lane.js';
import { SlabLoad } from './slab-load.js';
import { type SlabParts, SlabStore } from './slab-store.js';
import type { SlabTable } from './slab-table.js';
import { SlabWrite } from './slab-write.js';
import type { Found } from './table-index.js';

/** What a {@link SlabStorage} can be told. */
export interface SlabStorageOptions {
  /**
   * The bytes that entries, indexes and tables may take, 65,536 at least; as much as there is by default.
   * Beyond it, entries are evicted that have not been used for long: of five taken at random always
   * the one that was used least recently. A quarter of it is for what was deleted and not yet cleaned
   * up; a write that may need more than half of it, with its table and index, is refused.
   */
  readonly maxBytes?: number | undefined;
  /**
   * The secret by which keys are spread: eight bytes, which nobody must know who chooses keys. Random by default. A
   * storage takes in fastest what another of the same key has {@link SlabStorage.dump}ed.
   */
  readonly hashKey?: Uint8Array | undefined;
}

const OPTIONS: OptionNames<SlabStorageOptions> = { maxBytes: true, hashKey: true };

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
  /** Bytes of the tables themselves: an estimate, of about 1,024 each. */
  readonly tableBytes: number;
  /** Entries that had to go for others. */
  readonly evictions: number;
  /** What pages, indexes and tables may take; `undefined` if nothing was said. */
  readonly maxBytes: number | undefined;
};

const HASH_KEY_BYTES = 8;

const SMALLEST_BUDGET = 64 * 1024;
const LARGEST_PAGE = 4 * 1024 * 1024;
/** A budget is so many pages at least, since the page is what memory is counted in. */
const PAGES_OF_BUDGET = 64;

/** How many entries an iteration reads at one time. */
const BATCH = 64;

/** So many entries are looked at for a page, if few have its prefix: others wait meanwhile. */
const MAX_SEEN = 10_000;

/**
 * Tables in memory, as bytes in a few large pages and indexes of typed arrays: half the memory of a
 * `Map`, and nothing for the garbage collector to do, unless tables are many and small: each takes about
 * 1,000 bytes besides. Answers everything at once; keeps nothing when the process ends.
 *
 * Holds 32 GiB of entries at most, as 8,191 pages, each of 4 MiB of them or of a single one that is larger than
 * 1 MiB; with a budget, pages are smaller and more. What finds no place in them is refused with `STORAGE_FAILURE`.
 */
export class SlabStorage implements Storage {
  readonly capabilities = {
    persistent: false,
    ordered: false,
    snapshotIteration: false,
    lane: true,
    feed: false,
  } as const;
  /** The way from request bytes to response bytes. */
  readonly lane: StorageLane;
  readonly #store: SlabStore;
  readonly #scratch = new Scratch();
  readonly #load: SlabLoad;

  /**
   * @param parts for tests: what to use in the place of the usual.
   * @throws {RangeError} if an option is not what it must be.
   * @throws {TypeError} for an option that there is not.
   */
  constructor(options: SlabStorageOptions = {}, parts: Partial<SlabParts> = {}) {
    checkOptionNames('a SlabStorage', options, OPTIONS);
    const { maxBytes, hashKey = randomBytes(HASH_KEY_BYTES) } = options;
    if (hashKey.length !== HASH_KEY_BYTES) {
      throw new RangeError(`hashKey must be of ${HASH_KEY_BYTES} bytes`);
    }
    if (
      maxBytes !== undefined &&
      !(Number.isSafeInteger(maxBytes) && maxBytes >= SMALLEST_BUDGET)
    ) {
      throw new RangeError(`maxBytes must be an integer of at least ${SMALLEST_BUDGET}`);
    }
    this.#store = new SlabStore(maxBytes, {
      hash: parts.hash ?? new HalfSipHash(hashKey),
      allocate: (bytes) => new ArrayBuffer(bytes),
      pageBytes: pageBytesOf(maxBytes),
      random: Math.random,
      ...parts,
    });
    this.lane = new SlabLane(this.#store);
    this.#load = new SlabLoad(this.#store);
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
    const old = address === 0 ? undefined : this.#store.records.value(address);
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
    const old = this.#store.records.value(address);
    store.remove(entries, hash, address);
    return old;
  }

  write(table: string, ops: readonly WriteOp[]): (Value | undefined)[] {
    const store = this.#open();
    checkOps(ops);
    if (ops.length === 0) return [];
    this.#scratch.begin();
    const items = this.#scratch.appendOps(ops);
    const write = new SlabWrite(store, store.tableFor(table), this.#scratch.window, items);
    const old: (Value | undefined)[] = [];
    write.run((address) =>
      old.push(address === 0 ? undefined : this.#store.records.value(address)),
    );
    return old;
  }

  getAll(table: string): Entry[] {
    return this.#batch(table, 0, Number.POSITIVE_INFINITY).entries;
  }

  getIter(table: string): Iterable<Entry> {
    this.#open();
    return this.#entriesOf(table);
  }

  /**
   * Goes by the hashes of the keys, which nothing changes: no entry comes twice in a scan. Entries of the same
   * hash share a position.
   */
  scan(table: string, { position, prefix, limit, maxBytes }: PageRequest): Page {
    const index = this.#open().tables.named(table)?.index;
    let cursor = cursorAt(position);
    const entries: Entry[] = [];
    if (index === undefined) return { entries, next: undefined };
    let bytes = 0;
    let last: number | undefined;
    for (let seen = 0; seen < MAX_SEEN; ) {
      const found: Found[] = [];
      cursor = index.collect(cursor, 1, found);
      seen += found.length;
      for (const { hash, address } of found.sort(byHash)) {
        const entry = this.#entry(address);
        if (!entry[0].startsWith(prefix)) continue;
        bytes += entryBytes(entry);
        const full = entries.length >= limit || bytes > maxBytes;
        if (full && last !== undefined && hash !== last) {
          return { entries, next: positionOf(hash) };
        }
        entries.push(entry);
        last = hash;
      }
      if (cursor === 0) return { entries, next: undefined };
    }
    return { entries, next: positionOf(cursor) };
  }

  /** Begins to go through all entries of all tables, as lists for {@link load}: for who keeps a copy. */
  dump(take: TakeEntries): SlabDump {
    return new SlabDump(this.#open(), take);
  }

  /**
   * Stores some entries of a table that were {@link dump}ed: those that stand in `bytes` from `start` to `end`.
   *
   * @param view over the same bytes, at the same offsets.
   * @throws {KvError} `STORAGE_FAILURE` if this is no such list, or if there is no memory. Some of the entries may be
   * stored then.
   */
  load(bytes: Buffer, view: DataView, start: number, end: number): void {
    this.#open();
    this.#load.load(bytes, view, start, end);
  }

  /** Figures of now. */
  stats(): SlabStorageStats {
    const { tables, heap, segments, budget } = this.#open();
    return {
      tables: tables.count,
      entries: heap.count,
      liveBytes: heap.liveBytes,
      deadBytes: heap.deadBytes,
      pageBytes: heap.pageBytes,
      indexBytes: segments.bytes,
      tableBytes: tables.bytes,
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
      const batch = this.#batch(table, cursor, BATCH);
      yield* batch.entries;
      cursor = batch.cursor;
    } while (cursor !== 0);
  }

  /** Entries from a cursor on, and where to go on; 0 if that is nowhere. */
  #batch(table: string, cursor: number, limit: number): { entries: Entry[]; cursor: number } {
    const found: Found[] = [];
    const next = this.#open().tables.named(table)?.index.collect(cursor, limit, found) ?? 0;
    return { entries: found.map(({ address }) => this.#entry(address)), cursor: next };
  }

  #open(): SlabStore {
    if (this.#store.closed) throw new KvError('UNAVAILABLE', 'The storage is closed');
    return this.#store;
  }

  #get(table: SlabTable, key: string): Value | undefined {
    const address = this.#find(table, key);
    if (address === 0) return undefined;
    this.#store.touch(address);
    return this.#store.records.value(address);
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
    return [key, records.value(address)];
  }
}

function byHash(a: Found, b: Found): number {
  return a.hash - b.hash;
}

/** The position of a hash, as four bytes. */
function positionOf(hash: number): Uint8Array {
  const position = new Uint8Array(4);
  new DataView(position.buffer).setUint32(0, hash);
  return position;
}

/** The hash to go on with; 0 at the beginning. */
function cursorAt(position: Uint8Array | undefined): number {
  if (position === undefined) return 0;
  if (position.length !== 4) throw KvError.invalidCommand('there is no such position in a table');
  return new DataView(position.buffer, position.byteOffset).getUint32(0);
}

/** The largest power of two of which a budget is enough pages. */
function pageBytesOf(maxBytes: number | undefined): number {
  if (maxBytes === undefined) return LARGEST_PAGE;
  return Math.min(LARGEST_PAGE, 2 ** Math.floor(Math.log2(maxBytes / PAGES_OF_BUDGET)));
}
