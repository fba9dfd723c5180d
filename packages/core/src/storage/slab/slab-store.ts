import { KvError } from '@kv/protocol';
import type { Allocate } from './allocate.js';
import { Budget } from './budget.js';
import type { ByteWindow } from './byte-window.js';
import { Cleaner } from './cleaner.js';
import { Heap } from './heap.js';
import type { KeyHash } from './key-hash.js';
import { MAX_KEY_BYTES, MAX_VALUE_BYTES, Records, recordUnits } from './records.js';
import { Segments } from './segments.js';
import { SlabTable } from './slab-table.js';
import { Tables } from './tables.js';

/** What slabs are made of, or on. */
export interface SlabParts {
  readonly hash: KeyHash;
  readonly allocate: Allocate;
  /** The bytes of a page, a power of two. */
  readonly pageBytes: number;
  /** A number from 0 to below 1, by which entries are chosen that may be evicted. */
  readonly random: () => number;
}

/**
 * Tables of keys and values as bytes. Keys, and values as the messages that carry them, stand in a
 * window each: where they come from and how they are answered is the affair of others.
 */
export class SlabStore {
  readonly hash: KeyHash;
  readonly heap: Heap;
  readonly records: Records;
  readonly segments: Segments;
  readonly tables: Tables = new Tables();
  readonly cleaner: Cleaner;
  readonly budget: Budget | undefined;
  closed = false;

  /** @param maxBytes what pages, indexes and tables may take; as much as there is if `undefined`. */
  constructor(maxBytes: number | undefined, { hash, allocate, pageBytes, random }: SlabParts) {
    this.hash = hash;
    this.heap = new Heap(pageBytes, allocate);
    this.records = new Records(this.heap);
    this.segments = new Segments(allocate);
    this.cleaner = new Cleaner(this.heap, this.records, this.tables, hash);
    if (maxBytes !== undefined) this.budget = new Budget(maxBytes, pageBytes, this, random);
  }

  /** A table, new and none of the store's yet if there is none of that name. */
  tableFor(name: string): SlabTable {
    return this.tables.named(name) ?? new SlabTable(name, this.segments, this.records);
  }

  /** Notes that a record is used, if that counts. */
  touch(address: number): void {
    this.budget?.touch(address);
  }

  /**
   * Stores a value. What was there before must have been read.
   *
   * @param found the address of the key's record; 0 if there is none.
   * @throws {KvError} `TOO_LARGE` or `STORAGE_FAILURE`; nothing is stored or lost then.
   */
  put(
    table: SlabTable,
    hash: number,
    found: number,
    source: ByteWindow,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
  ): void {
    const units = checkedUnits(keyEnd - keyStart, valueEnd - valueStart);
    if (found !== 0 && this.records.fits(found, units)) {
      this.records.overwrite(found, source, valueStart, valueEnd);
      this.touch(found);
      return;
    }
    let old = found;
    if (this.budget !== undefined) {
      this.budget.admit(
        table,
        1,
        units,
        () => this.heap.opening(units),
        () => table.growth(hash),
      );
      // It may have moved, or be gone.
      old = table.find(hash, source, keyStart, keyEnd);
    }
    if (old === 0) table.index.reserve(hash);
    const address = this.#take(table, units);
    this.tables.add(table);
    this.records.write(address, table.id, source, keyStart, keyEnd, valueStart, valueEnd);
    this.touch(address);
    if (old === 0) {
      table.index.insert(hash, address);
    } else {
      table.index.replace(hash, old, address);
      this.records.kill(old);
    }
    this.cleaner.step(units);
  }

  /** Deletes the record of a key, which must be there. */
  remove(table: SlabTable, hash: number, address: number): void {
    table.index.remove(hash, address);
    table.index.shrink(hash);
    this.records.kill(address);
    this.tables.dropIfEmpty(table);
  }

  /** Lets go of everything. */
  close(): void {
    this.closed = true;
    this.tables.clear();
    this.heap.clear();
    this.cleaner.clear();
  }

  #take(table: SlabTable, units: number): number {
    try {
      return this.heap.take(units);
    } catch (error) {
      // What was reserved for its first record.
      if (table.index.count === 0) table.index.clear();
      throw error;
    }
  }
}

/**
 * The units of a record.
 *
 * @throws {KvError} `TOO_LARGE` if there can be no such record.
 */
export function checkedUnits(keyBytes: number, valueBytes: number): number {
  if (keyBytes > MAX_KEY_BYTES) throw tooLarge('key', MAX_KEY_BYTES);
  if (valueBytes > MAX_VALUE_BYTES) throw tooLarge('value', MAX_VALUE_BYTES);
  return recordUnits(keyBytes, valueBytes);
}

function tooLarge(what: string, limit: number): KvError {
  return new KvError('TOO_LARGE', `The ${what} exceeds the storage's limit of ${limit} bytes`);
}
