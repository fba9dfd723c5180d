import { KvError } from '@kv/protocol';
import type { Heap, Page } from './heap.js';
import type { KeyHash } from './key-hash.js';
import type { Records } from './records.js';
import type { Tables } from './tables.js';

/** Pages are cleaned while more than this part of what is taken is dead, and a page on top of it. */
const DEAD_PART = 1 / 5;
/** Units to clean for each that is taken: more than come to be dead if a fifth of each page is. */
const EFFORT = 8;
/** What to pass over a record costs at the least, in units. */
const RECORD_EFFORT = 4;

/**
 * Makes pages free by moving what lives in them to the head, a little with each write: always the page
 * with the most dead bytes. So dead bytes stay a part of the whole, and no write waits for a page.
 */
export class Cleaner {
  readonly #heap: Heap;
  readonly #records: Records;
  readonly #tables: Tables;
  readonly #hash: KeyHash;
  /** The page that is being cleaned, its number, and how far. */
  #page: Page | undefined;
  #number = 0;
  #at = 0;

  constructor(heap: Heap, records: Records, tables: Tables, hash: KeyHash) {
    this.#heap = heap;
    this.#records = records;
    this.#tables = tables;
    this.#hash = hash;
  }

  /** Does what there is to do after so many units were taken. */
  step(units: number): void {
    if (this.#isUnderWay() || (this.#isNeeded() && this.#begin())) this.#clean(units * EFFORT);
  }

  /** Makes a page free. Answers whether there was one worth it, and memory for what lives in it. */
  freePage(): boolean {
    if (!this.#isUnderWay() && !this.#begin()) return false;
    this.#clean(Number.POSITIVE_INFINITY);
    return this.#page === undefined;
  }

  /** Lets go of everything. */
  clear(): void {
    this.#page = undefined;
  }

  #isNeeded(): boolean {
    const { deadBytes, liveBytes, headBytes } = this.#heap;
    return deadBytes > (deadBytes + liveBytes) * DEAD_PART + headBytes;
  }

  /** The page may have become free meanwhile, its last record deleted, and be another by now. */
  #isUnderWay(): boolean {
    return this.#page !== undefined && this.#heap.pages[this.#number] === this.#page;
  }

  #begin(): boolean {
    this.#number = this.#heap.sparsest();
    this.#page = this.#number === 0 ? undefined : this.#heap.pages[this.#number];
    this.#at = 0;
    return this.#page !== undefined;
  }

  #clean(effort: number): void {
    const page = this.#page as Page;
    const first = this.#number << this.#heap.placeBits;
    try {
      for (let left = effort; left > 0 && this.#isUnderWay(); ) {
        const address = first | this.#at;
        const units = this.#records.capacity(address);
        const live = this.#records.isLive(address);
        if (live) this.#move(address, units, page);
        this.#at += units;
        left -= live ? units + RECORD_EFFORT : RECORD_EFFORT;
      }
    } catch (error) {
      // There is no memory to move anything to. What is here stays.
      if (!(error instanceof KvError)) throw error;
    }
    if (!this.#isUnderWay()) this.#page = undefined;
  }

  #move(address: number, units: number, { view }: Page): void {
    const target = this.#heap.take(units);
    this.#records.copy(address, target);
    const start = this.#records.keyStart(address);
    const end = start + this.#records.keyBytes(address);
    const hash = this.#hash.hash(view, start, end);
    const table = this.#tables.withId(this.#records.table(address));
    table.index.replace(hash, address, target);
    this.#records.kill(address);
  }
}
