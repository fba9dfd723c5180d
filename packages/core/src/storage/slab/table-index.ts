import { Segment, SLOT_BYTES } from './segment.js';
import type { Segments } from './segments.js';

/** Slots of the first segment of a table. */
const SMALLEST = 16;
/** Slots at which a segment is divided rather than doubled: what is done at one time stays small. */
const LARGEST = 8192;
/** Bits of a hash by which segments are told apart at the most. */
const MAX_DEPTH = 20;
/** Of three quarters of its slots in use a segment grows, of an eighth it shrinks. */
const isFull = (count: number, size: number): boolean => count * 4 > size * 3;
const isSparse = (count: number, size: number): boolean => count * 8 < size;

/** So many times its share a part of what is divided may get: hashes are not spread quite evenly. */
const UNEVEN = 17 / 16;

/** A record that was collected: the hash of its key, unsigned, and its address. */
export interface Found {
  readonly hash: number;
  readonly address: number;
}

/** Stands where a table has no segment yet: full from the beginning, and nothing is found in it. */
const NO_SEGMENT = new Segment(new Int32Array(4), 0);

/** What was in a segment while it is divided. */
const copied = new Int32Array(LARGEST * 2);

/**
 * Where the records of a table are, by the hashes of their keys: extendible hashing. A directory leads
 * from the first bits of a hash to a segment; a segment that is full is divided in two, so that a table
 * grows by small steps, and two that have become nearly empty are joined.
 */
export class TableIndex {
  readonly #segments: Segments;
  #directory: Segment[] = [NO_SEGMENT];
  /** Bits of a hash that the directory goes by. */
  #depth = 0;
  #count = 0;

  constructor(segments: Segments) {
    this.#segments = segments;
  }

  /** How many records there are. */
  get count(): number {
    return this.#count;
  }

  /** The segment that has the records of a hash. */
  segment(hash: number): Segment {
    // In two steps: a shift by 32 is none.
    return this.#at((hash >>> 1) >>> (31 - this.#depth));
  }

  /** The address in the slot where a hash is at home, of whatever record; 0 if there is none. */
  first(hash: number): number {
    const segment = this.segment(hash);
    return segment.slots[segment.home(hash) + 1] as number;
  }

  /** The bytes by which the index grows if {@link reserve} is called. */
  growth(hash: number): number {
    const segment = this.segment(hash);
    const { count, size } = segment;
    if (segment === NO_SEGMENT) return SMALLEST * SLOT_BYTES;
    return isFull(count + 1, size) ? size * SLOT_BYTES : 0;
  }

  /** The most bytes by which the index grows if records with such hashes are added, if these are any good. */
  growthForAll(hashes: readonly number[]): number {
    const counts = new Map<Segment, number>();
    for (const hash of hashes) {
      const segment = this.segment(hash);
      counts.set(segment, (counts.get(segment) ?? segment.count) + 1);
    }
    let slots = 0;
    for (const [segment, count] of counts) {
      const before = segment === NO_SEGMENT ? 0 : segment.size;
      let size = Math.max(before, SMALLEST);
      // Whether it is doubled or divided, there are twice as many slots.
      while (isFull(size < LARGEST ? count : count * UNEVEN, size)) size *= 2;
      slots += size - before;
    }
    return slots * SLOT_BYTES;
  }

  /**
   * Makes room for so many records at one time, if there are none yet and hashes are any good: what is added then
   * divides nothing.
   *
   * @throws {KvError} `STORAGE_FAILURE` if there is no memory; nothing has changed then.
   */
  presize(count: number): void {
    if (this.#directory[0] !== NO_SEGMENT || count === 0) return;
    let size = SMALLEST;
    while (size < LARGEST && isFull(count, size)) size *= 2;
    let depth = 0;
    while (depth < MAX_DEPTH && isFull((count * UNEVEN) / 2 ** depth, size)) depth++;
    const made: Segment[] = [];
    try {
      for (let i = 0; i < 2 ** depth; i++) made.push(this.#segments.make(size, depth));
    } catch (error) {
      for (const segment of made) this.#segments.drop(segment);
      throw error;
    }
    this.#directory = made;
    this.#depth = depth;
  }

  /**
   * Makes room for one more record with such a hash.
   *
   * @throws {KvError} `STORAGE_FAILURE` if there is no memory; nothing has changed then.
   */
  reserve(hash: number): void {
    const segment = this.segment(hash);
    const { count, size, depth } = segment;
    if (segment === NO_SEGMENT) {
      this.#directory[0] = this.#segments.make(SMALLEST, 0);
    } else if (isFull(count + 1, size)) {
      if (size < LARGEST || depth === MAX_DEPTH || !isDivisible(segment)) {
        this.#resize(segment, hash, size * 2);
      } else this.#divide(segment, hash);
    }
  }

  /** Adds a record, for which there is room. */
  insert(hash: number, address: number): void {
    this.segment(hash).insert(hash, address);
    this.#count++;
  }

  /** Puts another address in the place of `address`, which must be there. */
  replace(hash: number, address: number, by: number): void {
    this.segment(hash).replace(hash, address, by);
  }

  /** Removes `address`, which must be there. */
  remove(hash: number, address: number): void {
    this.segment(hash).remove(hash, address);
    this.#count--;
  }

  /** Gives back what a removal has made superfluous, if there is the memory to do so. */
  shrink(hash: number): void {
    if (this.#count === 0) {
      this.clear();
      return;
    }
    const segment = this.segment(hash);
    if (segment.size <= SMALLEST || !isSparse(segment.count, segment.size)) return;
    try {
      if (segment.depth === 0) this.#resize(segment, hash, segment.size / 2);
      else this.#join(segment, hash);
    } catch {
      // Then it stays as large as it is.
    }
  }

  /** Lets go of everything. */
  clear(): void {
    for (const segment of new Set(this.#directory)) {
      if (segment !== NO_SEGMENT) this.#segments.drop(segment);
    }
    this.#directory = [NO_SEGMENT];
    this.#depth = 0;
    this.#count = 0;
  }

  /**
   * Collects records in the order of their hashes, more or less. Those of one hash come together, so
   * that a cursor, which is a hash, means the same whatever has become of the segments meanwhile.
   *
   * @param cursor 0, or what the call before answered.
   * @param limit how many to collect, or some more.
   * @returns the cursor to go on with; 0 if that was all.
   */
  collect(cursor: number, limit: number, found: Found[]): number {
    let from = cursor;
    while (found.length < limit) {
      from = this.#collectFrom(from, limit, found);
      if (from === 0) break;
    }
    return from;
  }

  /** Collects from one segment. */
  #collectFrom(cursor: number, limit: number, found: Found[]): number {
    const segment = this.segment(cursor | 0);
    const { slots, depth } = segment;
    const span = 2 ** (32 - depth);
    const base = Math.floor(cursor / span) * span;
    for (let at = segment.home(cursor | 0); at < slots.length; at += 2) {
      const hash = slots[at] as number;
      const address = slots[at + 1] as number;
      if (address === 0) {
        // A run has ended: what is at home up to here has been seen.
        if (found.length < limit) continue;
        const next = base + Math.ceil(((at + 2) / slots.length) * span);
        return next < base + span ? next : end(base + span);
      }
      // What has come round from the segment's end follows below.
      if (hash >>> 0 >= cursor && segment.home(hash) <= at) {
        found.push({ hash: hash >>> 0, address });
      }
    }
    for (let at = 0; slots[at + 1] !== 0; at += 2) {
      const hash = slots[at] as number;
      if (hash >>> 0 >= cursor && segment.home(hash) > at) {
        found.push({ hash: hash >>> 0, address: slots[at + 1] as number });
      }
    }
    return end(base + span);
  }

  #resize(segment: Segment, hash: number, size: number): void {
    const resized = this.#segments.make(size, segment.depth);
    for (let at = 0; at < segment.slots.length; at += 2) move(segment.slots, at, resized);
    this.#put(resized, hash);
    this.#segments.drop(segment);
  }

  #divide(segment: Segment, hash: number): void {
    const depth = segment.depth + 1;
    const high = this.#segments.make(segment.size, depth);
    const bit = 1 << (32 - depth);
    // One half stays in the memory that there is: no garbage, of which the collector would know late.
    const slots = copyOf(segment.slots);
    segment.clear(depth);
    for (let at = 0; at < slots.length; at += 2) {
      move(slots, at, ((slots[at] as number) & bit) === 0 ? segment : high);
    }
    if (depth > this.#depth) {
      const { length } = this.#directory;
      this.#directory = Array.from({ length: length * 2 }, (_, i) => this.#at(i >>> 1));
      this.#depth++;
    }
    this.#put(segment, hash & ~bit);
    this.#put(high, hash | bit);
  }

  /** Joins a segment with the one that differs in its last bit, if that is as nearly empty. */
  #join(segment: Segment, hash: number): void {
    const buddyHash = hash ^ (1 << (32 - segment.depth));
    const buddy = this.segment(buddyHash);
    const count = segment.count + buddy.count;
    if (buddy.depth !== segment.depth || count * 4 > LARGEST) return;
    const joined = this.#segments.make(LARGEST, segment.depth - 1);
    for (const each of [segment, buddy]) {
      for (let at = 0; at < each.slots.length; at += 2) move(each.slots, at, joined);
    }
    this.#put(joined, hash);
    this.#segments.drop(segment);
    this.#segments.drop(buddy);
    this.#halve();
  }

  /** Has the directory go by no more bits than it must. */
  #halve(): void {
    while (this.#directory.every((segment) => segment.depth < this.#depth)) {
      this.#directory = this.#directory.filter((_, i) => i % 2 === 0);
      this.#depth--;
    }
  }

  #at(place: number): Segment {
    return this.#directory[place] as Segment;
  }

  /** Has the directory lead to a segment for all hashes that begin as `hash` does. */
  #put(segment: Segment, hash: number): void {
    const places = 2 ** (this.#depth - segment.depth);
    const place = (hash >>> 1) >>> (31 - this.#depth);
    const first = place - (place % places);
    this.#directory.fill(segment, first, first + places);
  }
}

/** The cursor at the end of a segment: there is none behind the last one. */
function end(cursor: number): number {
  return cursor === 2 ** 32 ? 0 : cursor;
}

function copyOf(slots: Int32Array): Int32Array {
  if (slots.length !== copied.length) return slots.slice();
  copied.set(slots);
  return copied;
}

function move(slots: Int32Array, at: number, to: Segment): void {
  const address = slots[at + 1] as number;
  if (address !== 0) to.insert(slots[at] as number, address);
}

/** Whether dividing it would make it much smaller; it would not if its hashes agreed. */
function isDivisible({ slots, count, depth }: Segment): boolean {
  const bit = 1 << (31 - depth);
  let high = 0;
  for (let at = 0; at < slots.length; at += 2) {
    if (slots[at + 1] !== 0 && ((slots[at] as number) & bit) !== 0) high++;
  }
  return Math.min(high, count - high) * 16 > count;
}
