import { ByteWindow } from './byte-window.js';
import { EntryListWriter } from './entry-list.js';
import type { SlabStore } from './slab-store.js';
import type { SlabTable } from './slab-table.js';
import type { Found } from './table-index.js';

/** About how many entries of a table are collected at one time: those of a part of the hashes. */
const PART_ENTRIES = 128;
/** So many bits of a hash tell its part at the most. */
const MAX_PART_BITS = 24;

/**
 * Takes some entries of a table, as {@link SlabStorage.load} takes them in: `count` of them, from `start` to `end`. The
 * bytes are the taker's until it returns.
 */
export type TakeEntries = (
  bytes: Buffer,
  view: DataView,
  start: number,
  end: number,
  count: number,
) => void;

/**
 * Goes through all entries of all tables while they are written to: one that is there throughout comes once
 * at least, with a value that it had meanwhile.
 *
 * A table comes in parts, each of neighbouring hashes, so that who takes it in with the same hash key has its index in the
 * cache. The parts are in such an order that they are spread evenly at any time, since an index that is filled from
 * one end would have all in one place.
 */
export class SlabDump {
  readonly #store: SlabStore;
  readonly #tables: Iterator<string>;
  readonly #list = new EntryListWriter(new ByteWindow());
  readonly #take: TakeEntries;
  #table: string | undefined;
  #partBits = 0;
  /** How many parts of the table have come. */
  #parts = 0;

  constructor(store: SlabStore, take: TakeEntries) {
    this.#store = store;
    this.#take = take;
    this.#tables = [...store.tables.names()].values();
    this.#nextTable();
  }

  /** Whether there is more to come. */
  get done(): boolean {
    return this.#table === undefined;
  }

  /** Has entries taken, of so many bytes or a few more, or fewer at the end. */
  step(maxBytes: number): void {
    for (let bytes = 0; bytes < maxBytes && this.#table !== undefined; ) {
      const table = this.#store.tables.named(this.#table);
      if (table === undefined) this.#nextTable();
      else bytes += this.#someOf(table, maxBytes - bytes);
    }
  }

  /** Has entries of a table taken, those of a part at least, as one list; answers its bytes. */
  #someOf(table: SlabTable, maxBytes: number): number {
    const list = this.#list;
    list.begin(table.nameBytes, table.index.count);
    let isOver: boolean;
    do {
      this.#addPart(table, reversed(this.#parts, this.#partBits));
      isOver = ++this.#parts === 2 ** this.#partBits;
    } while (!isOver && list.length < maxBytes);
    const { window, length, count } = list;
    if (count > 0) this.#take(window.bytes as Buffer, window.view, 0, length, count);
    if (isOver) this.#nextTable();
    return length;
  }

  #nextTable(): void {
    this.#table = this.#tables.next().value;
    this.#parts = 0;
    const { count = 0 } = this.#store.tables.named(this.#table ?? '')?.index ?? {};
    const bits = Math.ceil(Math.log2(Math.max(1, count / PART_ENTRIES)));
    this.#partBits = Math.min(bits, MAX_PART_BITS);
  }

  /** Adds the entries to the list whose hashes begin with the bits of a part. */
  #addPart(table: SlabTable, part: number): void {
    const span = 2 ** (32 - this.#partBits);
    const end = (part + 1) * span;
    const found: Found[] = [];
    let cursor = part * span;
    do cursor = table.index.collect(cursor, found.length + 1, found);
    while (cursor !== 0 && cursor < end);
    for (const { hash, address } of found) {
      if (hash < end) this.#add(address);
    }
  }

  #add(address: number): void {
    const { records } = this.#store;
    const list = this.#list;
    const keyBytes = records.keyBytes(address);
    const key = list.add(keyBytes, records.valueBytes(address));
    records.copyKey(address, keyBytes, list.window, key);
    records.copyValue(address, keyBytes, list.window, list.valueAt(key, keyBytes));
    list.added(key, keyBytes);
  }
}

/** A number of so many bits, with these in the opposite order. */
function reversed(value: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit++) result = result * 2 + ((value >>> bit) & 1);
  return result;
}
