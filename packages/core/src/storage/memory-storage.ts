import { checkOptionNames, KvError, type OptionNames, type Value } from '@kv/protocol';
import { entryBytes } from './entry-bytes.js';
import {
  checkOps,
  type Entry,
  type Page,
  type PageRequest,
  type Storage,
  type WriteOp,
} from './storage.js';

/** A `Map` throws at one entry more. */
const MAP_CAPACITY = 2 ** 24;

/** What a {@link MemoryStorage} can be told. */
export interface MemoryStorageOptions {
  /** The most entries a table may have: 16,777,216, which is what a `Map` can hold, by default. */
  readonly maxEntriesPerTable?: number | undefined;
}

const OPTIONS: OptionNames<MemoryStorageOptions> = { maxEntriesPerTable: true };

/**
 * Tables in memory, as a `Map` of `Map`s. The simplest storage there is, and so the reference for
 * what the contract means. Answers everything at once; keeps nothing when the process ends.
 */
export class MemoryStorage implements Storage {
  readonly capabilities = {
    persistent: false,
    ordered: false,
    snapshotIteration: false,
    lane: false,
    feed: false,
  } as const;
  readonly #maxEntries: number;
  #tables: Map<string, Map<string, Value>> | undefined = new Map();

  /**
   * @throws {RangeError} if the option is not what it must be.
   * @throws {TypeError} for an option that there is not.
   */
  constructor(options: MemoryStorageOptions = {}) {
    checkOptionNames('a MemoryStorage', options, OPTIONS);
    const { maxEntriesPerTable = MAP_CAPACITY } = options;
    if (!(maxEntriesPerTable >= 1)) {
      throw new RangeError('maxEntriesPerTable must be a positive number');
    }
    this.#maxEntries = Math.min(maxEntriesPerTable, MAP_CAPACITY);
  }

  get(table: string, key: string): Value | undefined {
    return own(this.#open().get(table)?.get(key));
  }

  getMany(table: string, keys: readonly string[]): (Value | undefined)[] {
    const entries = this.#open().get(table);
    return keys.map((key) => own(entries?.get(key)));
  }

  contains(table: string, key: string): boolean {
    return this.#open().get(table)?.has(key) ?? false;
  }

  set(table: string, key: string, value: Value): Value | undefined {
    const tables = this.#open();
    let entries = tables.get(table);
    const old = entries?.get(key);
    if (old === undefined) this.#checkCapacity((entries?.size ?? 0) + 1);
    if (entries === undefined) {
      entries = new Map();
      tables.set(table, entries);
    }
    this.#put(table, entries, key, own(value));
    return old;
  }

  del(table: string, key: string): Value | undefined {
    const tables = this.#open();
    const entries = tables.get(table);
    const old = entries?.get(key);
    if (entries?.delete(key) && entries.size === 0) tables.delete(table);
    return old;
  }

  write(table: string, ops: readonly WriteOp[]): (Value | undefined)[] {
    const entries = this.#open().get(table);
    checkOps(ops);
    this.#checkCapacity(largestSize(entries, ops));
    return ops.map((op) =>
      op.op === 'set' ? this.set(table, op.key, op.value) : this.del(table, op.key),
    );
  }

  getAll(table: string): Entry[] {
    return Array.from(this.#open().get(table) ?? [], ([key, value]) => [key, own(value)]);
  }

  getIter(table: string): Iterable<Entry> {
    // A Map's own iterator would go on for ever if each step added a key, and would show a key twice
    // that was deleted and set again; one over the keys of the beginning does neither.
    return this.#entriesOf(table, [...(this.#open().get(table)?.keys() ?? [])]);
  }

  /**
   * Goes by key. A page costs a pass over all of the table, for a `Map` has no order in which to go on: large
   * tables want large pages.
   */
  scan(table: string, { position, prefix, limit, maxBytes }: PageRequest): Page {
    const entries = this.#open().get(table) ?? new Map<string, Value>();
    const after = position === undefined ? '' : Buffer.from(position).toString();
    const wanted = (key: string): boolean => key > after && key.startsWith(prefix);
    // One more than asked for tells whether there is a next page.
    const keys = smallest(entries.keys(), wanted, limit + 1);
    const page: Entry[] = [];
    let bytes = 0;
    for (const key of keys) {
      const entry: Entry = [key, own(entries.get(key) as Value)];
      bytes += entryBytes(entry);
      const full = page.length === limit || bytes > maxBytes;
      if (full && page.length > 0) return { entries: page, next: positionOf(page) };
      page.push(entry);
    }
    return { entries: page, next: undefined };
  }

  close(): void {
    this.#open();
    this.#tables = undefined;
  }

  *#entriesOf(table: string, keys: readonly string[]): Generator<Entry, void, undefined> {
    for (const key of keys) {
      const value = this.get(table, key);
      if (value !== undefined) yield [key, value];
    }
  }

  #open(): Map<string, Map<string, Value>> {
    if (this.#tables === undefined) throw new KvError('UNAVAILABLE', 'The storage is closed');
    return this.#tables;
  }

  /** A `Map` counts what was deleted from it until it tidies up, and throws before it does if it is large. */
  #put(table: string, entries: Map<string, Value>, key: string, value: Value): void {
    try {
      entries.set(key, value);
    } catch {
      const tidy = new Map(entries);
      this.#open().set(table, tidy);
      tidy.set(key, value);
    }
  }

  #checkCapacity(size: number): void {
    if (size > this.#maxEntries) {
      throw new KvError(
        'STORAGE_FAILURE',
        `A table can hold no more than ${this.#maxEntries} entries`,
      );
    }
  }
}

/** A binary value's own copy; any other value is immutable. */
function own<T extends Value | undefined>(value: T): T {
  return value instanceof Uint8Array ? (new Uint8Array(value) as T) : value;
}

/** The `count` smallest of the keys that are `wanted`, in order. */
function smallest(
  keys: Iterable<string>,
  wanted: (key: string) => boolean,
  count: number,
): string[] {
  const found: string[] = [];
  let largest: string | undefined;
  const keepSmallest = (): void => {
    found.sort();
    if (found.length >= count) largest = found[count - 1];
    found.splice(count);
  };
  for (const key of keys) {
    if ((largest !== undefined && key >= largest) || !wanted(key)) continue;
    // Now and then, so that each key costs little and not many are kept.
    if (found.push(key) === 2 * count) keepSmallest();
  }
  keepSmallest();
  return found;
}

/** The last key, as bytes: those that come after it are on the next page. */
function positionOf(page: readonly Entry[]): Uint8Array {
  return new TextEncoder().encode(page.at(-1)?.[0]);
}

/** The largest size that `entries` will have while `ops` are applied, or its size if that is larger. */
function largestSize(
  entries: ReadonlyMap<string, Value> | undefined,
  ops: readonly WriteOp[],
): number {
  const changed = new Map<string, boolean>();
  let size = entries?.size ?? 0;
  let largest = size;
  for (const { op, key } of ops) {
    const before = changed.get(key) ?? entries?.has(key) ?? false;
    const after = op === 'set';
    changed.set(key, after);
    size += Number(after) - Number(before);
    largest = Math.max(largest, size);
  }
  return largest;
}
