import { KvError } from '@kv/protocol';
import type { Cleaner } from './cleaner.js';
import { type Heap, UNIT_BYTES } from './heap.js';
import type { Records } from './records.js';
import { type Segment, SLOT_BYTES } from './segment.js';
import type { Segments } from './segments.js';
import type { SlabTable } from './slab-table.js';
import type { Tables } from './tables.js';

/** How many entries to look at for one to evict: what Redis does, too. */
const SAMPLES = 5;
/** The part of the budget that records may take: the rest is for what is dead and not yet cleaned. */
const LIVE_PART = 3 / 4;
/** The part of the budget that one write may take: so much can be made room for, whatever there is. */
const WRITE_PART = 1 / 2;
/** What a record may take in an index: a segment of which it fills three quarters is doubled. */
const INDEX_BYTES: number = 3 * SLOT_BYTES;
/** How often to look for an entry at random before taking the first one there is. */
const MAX_TRIES = 1000;

/** What a {@link Budget} keeps within its bounds. */
export interface Budgeted {
  readonly heap: Heap;
  readonly records: Records;
  readonly segments: Segments;
  readonly tables: Tables;
  readonly cleaner: Cleaner;
}

/**
 * Keeps pages, indexes and tables within a number of bytes, by evicting what has not been used for long: of a
 * few entries taken at random always the one that was used least recently, as in Redis.
 */
export class Budget {
  readonly maxBytes: number;
  /** How many entries were evicted. */
  evictions = 0;
  readonly #store: Budgeted;
  readonly #pageBytes: number;
  readonly #random: () => number;
  /** Counts uses. */
  #clock = 0;
  /** Where the entry is that was sampled last. */
  #segment: Segment | undefined;
  #at = 0;

  constructor(maxBytes: number, pageBytes: number, store: Budgeted, random: () => number) {
    this.maxBytes = maxBytes;
    this.#pageBytes = pageBytes;
    this.#store = store;
    this.#random = random;
  }

  /** Notes that a record is used. */
  touch(address: number): void {
    this.#clock = (this.#clock + 1) | 0;
    this.#store.records.touch(address, this.#clock);
  }

  /**
   * Makes sure that a write is within the budget: evicts what it must for that. Records may move.
   *
   * @param table where it goes.
   * @param records how many are to be written, and `units` what they take.
   * @param opening tells by how many bytes the pages will grow.
   * @param growth tells by how many bytes tables and indexes will grow.
   * @throws {KvError} `TOO_LARGE` if it can never be; nothing has changed then.
   */
  admit(
    table: SlabTable,
    records: number,
    units: number,
    opening: () => number,
    growth: () => number,
  ): void {
    const bytes = units * UNIT_BYTES;
    const written = bytes + records * INDEX_BYTES + table.bytes;
    if (written > this.maxBytes * WRITE_PART) throw this.#tooLarge(written);
    let grown: number;
    do {
      grown = growth();
      this.#makeRoom(bytes, opening, grown);
      // An index that has shrunk for what was evicted grows by more.
    } while (growth() > grown);
  }

  #makeRoom(bytes: number, opening: () => number, growth: number): void {
    const { heap, segments, tables, cleaner } = this.#store;
    const beside = (): number => segments.bytes + tables.bytes + growth;
    const live = (): number => (heap.liveBytes + bytes) / LIVE_PART + beside();
    while (live() > this.maxBytes && this.#evict());
    // The cleaner may need one page more before it frees one.
    const all = (): number => heap.pageBytes + opening() + this.#pageBytes + beside();
    while (all() > this.maxBytes && (heap.dropSpare() || cleaner.freePage() || this.#evict()));
  }

  /** Evicts an entry, if there is one. */
  #evict(): boolean {
    if (!this.#sample()) return false;
    let segment = this.#segment as Segment;
    let at = this.#at;
    let longest = this.#idle(segment, at);
    for (let i = 1; i < SAMPLES; i++) {
      this.#sample();
      const idle = this.#idle(this.#segment as Segment, this.#at);
      if (idle <= longest) continue;
      segment = this.#segment as Segment;
      at = this.#at;
      longest = idle;
    }
    this.#remove(segment.slots[at] as number, segment.slots[at + 1] as number);
    this.#segment = undefined;
    this.evictions++;
    return true;
  }

  #remove(hash: number, address: number): void {
    const { records, tables } = this.#store;
    const table = tables.withId(records.table(address));
    table.index.remove(hash, address);
    table.index.shrink(hash);
    records.kill(address);
    tables.dropIfEmpty(table);
  }

  /** For how many uses an entry has been none of those used. */
  #idle({ slots }: Segment, at: number): number {
    return (this.#clock - this.#store.records.clock(slots[at + 1] as number)) >>> 0;
  }

  /** Finds an entry, any with the same chance. Answers whether there is one. */
  #sample(): boolean {
    const { segments } = this.#store;
    for (let i = 0; i < MAX_TRIES; i++) {
      const segment = segments.pick(this.#random());
      if (segment === undefined) return false;
      const at = Math.floor(this.#random() * segment.size) * 2;
      if (segment.slots[at + 1] !== 0) return this.#found(segment, at);
    }
    return this.#sampleFirst();
  }

  /** Finds the first entry there is. */
  #sampleFirst(): boolean {
    for (const segment of this.#store.segments.all) {
      for (let at = 0; at < segment.slots.length; at += 2) {
        if (segment.slots[at + 1] !== 0) return this.#found(segment, at);
      }
    }
    return false;
  }

  #found(segment: Segment, at: number): true {
    this.#segment = segment;
    this.#at = at;
    return true;
  }

  #tooLarge(bytes: number): KvError {
    return new KvError(
      'TOO_LARGE',
      `A write of ${bytes} bytes, its table and index included, exceeds half of the storage's budget of ${this.maxBytes} bytes`,
    );
  }
}
