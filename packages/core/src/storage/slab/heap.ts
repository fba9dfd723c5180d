import { KvError } from '@kv/protocol';
import { type Allocate, allocated } from './allocate.js';

/** Addresses, sizes and positions in a heap are in units of so many bytes. */
export const UNIT_BYTES = 8;

/** How many empty pages to keep for the next who needs one. */
const SPARE_PAGES = 2;

/** A piece of memory, in which records stand one behind the other. */
export interface Page {
  readonly words: Int32Array;
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly units: number;
  /** Where the next record goes, in units. */
  used: number;
  /** What the records in it take that are alive, in units. */
  live: number;
}

/** Stands where there is no page, so that the list has one kind of element. */
const NO_PAGE: Page = pageOn(new ArrayBuffer(0));

function pageOn(buffer: ArrayBuffer): Page {
  return {
    words: new Int32Array(buffer),
    bytes: Buffer.from(buffer),
    view: new DataView(buffer),
    units: buffer.byteLength / UNIT_BYTES,
    used: 0,
    live: 0,
  };
}

/**
 * Memory for records, in pages of one size. The newest page, the head, is filled from its beginning to
 * its end; what is released becomes usable again with its whole page only. What is large has a page
 * to itself.
 *
 * An address is a page's number and a place in it: 32 bits, of which none but 0 is no address. What is
 * large stands at the beginning of its page, so that its place needs no more bits.
 */
export class Heap {
  /** By their numbers, which begin at 1. */
  readonly pages: Page[] = [NO_PAGE];
  /** An address is a page's number, and so many bits of a place in it. */
  readonly placeBits: number;
  readonly placeMask: number;
  /** What has a page to itself is larger than this, in units: so no page's end stays empty by more. */
  readonly largeUnits: number;
  readonly #allocate: Allocate;
  readonly #pageUnits: number;
  readonly #freeNumbers: number[] = [];
  readonly #spare: Page[] = [];
  #head = 0;
  #units = 0;
  #live = 0;
  #count = 0;

  /** @param pageBytes a power of two. */
  constructor(pageBytes: number, allocate: Allocate) {
    this.#allocate = allocate;
    this.#pageUnits = pageBytes / UNIT_BYTES;
    this.placeBits = Math.log2(this.#pageUnits);
    this.placeMask = this.#pageUnits - 1;
    this.largeUnits = this.#pageUnits >>> 2;
  }

  /** How many records there are. */
  get count(): number {
    return this.#count;
  }

  /** The bytes of all pages, those in reserve too. */
  get pageBytes(): number {
    return (this.#units + this.#spare.length * this.#pageUnits) * UNIT_BYTES;
  }

  /** The bytes of all that is taken and not released. */
  get liveBytes(): number {
    return this.#live * UNIT_BYTES;
  }

  /** The bytes that were taken and are of no use until their pages are free. */
  get deadBytes(): number {
    const { units, used } = this.pages[this.#head] as Page;
    return (this.#units - (units - used) - this.#live) * UNIT_BYTES;
  }

  /** The bytes of the page in which the next record goes; 0 if there is none. */
  get headBytes(): number {
    return (this.pages[this.#head] as Page).units * UNIT_BYTES;
  }

  /** The bytes by which the pages grow if so many units are taken. */
  opening(units: number): number {
    if (units > this.largeUnits) return units * UNIT_BYTES;
    const head = this.pages[this.#head] as Page;
    if (units <= head.units - head.used || this.#spare.length > 0) return 0;
    return this.#pageUnits * UNIT_BYTES;
  }

  /**
   * Takes room for a record.
   *
   * @returns its address.
   * @throws {KvError} `STORAGE_FAILURE` if there is no memory; nothing has changed then.
   */
  take(units: number): number {
    if (units > this.largeUnits) return this.#takePage(units);
    let head = this.pages[this.#head] as Page;
    if (units > head.units - head.used) {
      this.#openHead();
      head = this.pages[this.#head] as Page;
    }
    const address = (this.#head << this.placeBits) | head.used;
    head.used += units;
    head.live += units;
    this.#live += units;
    this.#count++;
    return address;
  }

  /**
   * The most bytes by which the pages grow if several records are taken.
   *
   * @param small the units of those that share pages, `large` of those that have one to themselves.
   */
  openingAtMost(small: number, large: number): number {
    const pages = small === 0 ? 0 : 1 + Math.ceil(small / (this.#pageUnits - this.largeUnits));
    return (pages * this.#pageUnits + large) * UNIT_BYTES;
  }

  /** Gives back what a record of so many units has at `address`. */
  release(address: number, units: number): void {
    const number = address >>> this.placeBits;
    const page = this.pages[number] as Page;
    page.live -= units;
    this.#live -= units;
    this.#count--;
    if (page.live > 0) return;
    if (number === this.#head) page.used = 0;
    else this.#free(number, page);
  }

  /** The page with the most dead bytes, if they are more than an eighth of it: its number, or 0. */
  sparsest(): number {
    let sparsest = 0;
    let fewest = this.#pageUnits - (this.#pageUnits >>> 3);
    for (let number = 1; number < this.pages.length; number++) {
      const { units, live } = this.pages[number] as Page;
      if (units === this.#pageUnits && live < fewest && number !== this.#head) {
        sparsest = number;
        fewest = live;
      }
    }
    return sparsest;
  }

  /** Lets go of a page in reserve, if there is one. */
  dropSpare(): boolean {
    return this.#spare.pop() !== undefined;
  }

  /** Lets go of everything. */
  clear(): void {
    this.pages.length = 1;
    this.#freeNumbers.length = 0;
    this.#spare.length = 0;
    this.#head = 0;
    this.#units = 0;
    this.#live = 0;
    this.#count = 0;
  }

  #takePage(units: number): number {
    const number = this.#number();
    const page = pageOn(allocated(this.#allocate, units * UNIT_BYTES));
    this.#add(number, page);
    page.used = units;
    page.live = units;
    this.#live += units;
    this.#count++;
    return number << this.placeBits;
  }

  #openHead(): void {
    const number = this.#number();
    const page =
      this.#spare.pop() ?? pageOn(allocated(this.#allocate, this.#pageUnits * UNIT_BYTES));
    // A copy, so that who still looks at the page that was freed sees that it is none any more.
    this.#add(number, { ...page, used: 0, live: 0 });
    this.#head = number;
  }

  /** A number for the next page, which is not taken before {@link #add}. */
  #number(): number {
    const number = this.#freeNumbers.at(-1) ?? this.pages.length;
    if (number >= 2 ** (32 - this.placeBits)) {
      throw new KvError('STORAGE_FAILURE', 'The storage can have no more pages');
    }
    return number;
  }

  #add(number: number, page: Page): void {
    if (number === this.pages.length) this.pages.push(page);
    else this.pages[this.#freeNumbers.pop() as number] = page;
    this.#units += page.units;
  }

  #free(number: number, page: Page): void {
    this.pages[number] = NO_PAGE;
    this.#freeNumbers.push(number);
    this.#units -= page.units;
    if (page.units === this.#pageUnits && this.#spare.length < SPARE_PAGES) this.#spare.push(page);
  }
}
