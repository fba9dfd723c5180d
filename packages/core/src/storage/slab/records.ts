import { readValueMessage, type Value } from '@kv/protocol';
import { outOfMemory } from './allocate.js';
import type { ByteWindow } from './byte-window.js';
import { type Heap, type Page, UNIT_BYTES } from './heap.js';

// A record is a header of words, the key, and the value as the message that carries it in a response.
// Key and value begin at a word; the whole is a number of units. The header is read through the page's
// array of words. Key and value, whose bytes must be in their order on any machine, are read through
// its view, four at a time: twice as fast as byte by byte.

/** What the record takes, in units. */
const CAPACITY = 0;
/** The key's bytes, and above them the flags. */
const KEY = 1;
/** The value's bytes. */
const VALUE = 2;
/** The table's id. */
const TABLE = 3;
/** When it was last used, where that counts. */
const CLOCK = 4;
const HEADER_WORDS = 5;

const UNIT_WORDS: number = UNIT_BYTES / 4;

const KEY_BYTES = 0x00ff_ffff;
/** Set until the record is deleted. The other flags are for what follows the header, one day. */
const LIVE = 0x0100_0000;

/** The longest key that a record can have, in bytes. */
export const MAX_KEY_BYTES: number = KEY_BYTES;
/** The longest value that a record can have, in bytes of its message: what a frame can carry. */
export const MAX_VALUE_BYTES = 0x7fff_ffff;

/** From here, a call into the runtime copies faster than a loop. */
const LONG_BYTES = 256;

/** The words that so many bytes take. */
const wordsOf = (bytes: number): number => (bytes + 3) >>> 2;

/** The units that a record takes. */
export function recordUnits(keyBytes: number, valueBytes: number): number {
  return (HEADER_WORDS + wordsOf(keyBytes) + wordsOf(valueBytes) + UNIT_WORDS - 1) >>> 1;
}

/** What stands at the addresses of a heap: keys, values and what belongs to them. */
export class Records {
  readonly #heap: Heap;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** Whether the key of a record is what stands in a window. */
  hasKey(address: number, key: ByteWindow, start: number, end: number): boolean {
    const heap = this.#heap;
    const { words, view } = heap.pages[address >>> heap.placeBits] as Page;
    const record = (address & heap.placeMask) * UNIT_WORDS;
    if (((words[record + KEY] as number) & KEY_BYTES) !== end - start) return false;
    const { view: keyView } = key;
    let at = (record + HEADER_WORDS) * 4;
    let from = start;
    for (const lastWord = end - 4; from <= lastWord; from += 4, at += 4) {
      if (view.getInt32(at, true) !== keyView.getInt32(from, true)) return false;
    }
    for (; from < end; from++, at++) {
      if (view.getUint8(at) !== keyView.getUint8(from)) return false;
    }
    return true;
  }

  /** Has the beginning of a record brought into the processor's cache; answers what means nothing. */
  fetch(address: number): number {
    const { words } = this.#page(address);
    const at = this.#word(address);
    // Two lines of the cache: the key is in the first, and the value begins in one of them.
    return (words[at] as number) ^ (words[at + 16] as number);
  }

  /** Makes a record where there is room for it. */
  write(
    address: number,
    table: number,
    source: ByteWindow,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
  ): void {
    const page = this.#page(address);
    const { words } = page;
    const at = this.#word(address);
    const keyBytes = keyEnd - keyStart;
    words[at + CAPACITY] = recordUnits(keyBytes, valueEnd - valueStart);
    words[at + KEY] = keyBytes | LIVE;
    words[at + VALUE] = valueEnd - valueStart;
    words[at + TABLE] = table;
    words[at + CLOCK] = 0;
    copyIn(source, keyStart, keyEnd, page, at + HEADER_WORDS);
    copyIn(source, valueStart, valueEnd, page, at + HEADER_WORDS + wordsOf(keyBytes));
  }

  /** Whether a record can become one of so many units where it is, without waste worth mentioning. */
  fits(address: number, units: number): boolean {
    const capacity = this.#page(address).words[this.#word(address) + CAPACITY] as number;
    return units <= capacity && capacity - units <= capacity >>> 3;
  }

  /** Writes another value over that of a record, which it {@link fits}. */
  overwrite(address: number, source: ByteWindow, start: number, end: number): void {
    const page = this.#page(address);
    const at = this.#word(address);
    page.words[at + VALUE] = end - start;
    copyIn(source, start, end, page, this.#valueWord(page, at));
  }

  /** Deletes a record, and gives back its room. */
  kill(address: number): void {
    const { words } = this.#page(address);
    const at = this.#word(address);
    words[at + KEY] = (words[at + KEY] as number) & ~LIVE;
    this.#heap.release(address, words[at + CAPACITY] as number);
  }

  /** Copies a record to where there is room for it. */
  copy(address: number, target: number): void {
    const { words, bytes } = this.#page(address);
    const { words: targetWords, bytes: targetBytes } = this.#page(target);
    const at = this.#word(address);
    const to = this.#word(target);
    const count = (words[at + CAPACITY] as number) * UNIT_WORDS;
    if (count * 4 > LONG_BYTES) bytes.copy(targetBytes, to * 4, at * 4, (at + count) * 4);
    else for (let i = 0; i < count; i++) targetWords[to + i] = words[at + i] as number;
  }

  isLive(address: number): boolean {
    return ((this.#page(address).words[this.#word(address) + KEY] as number) & LIVE) !== 0;
  }

  /** What a record takes, in units. */
  capacity(address: number): number {
    return this.#page(address).words[this.#word(address) + CAPACITY] as number;
  }

  /** The id of a record's table. */
  table(address: number): number {
    return this.#page(address).words[this.#word(address) + TABLE] as number;
  }

  /** When a record was last used. */
  clock(address: number): number {
    return this.#page(address).words[this.#word(address) + CLOCK] as number;
  }

  /** Notes when a record was last used. */
  touch(address: number, clock: number): void {
    this.#page(address).words[this.#word(address) + CLOCK] = clock;
  }

  /** The bytes among which a record's key and value stand. */
  bytes(address: number): Buffer {
    return this.#page(address).bytes;
  }

  /** Where, in {@link bytes}, the key begins. */
  keyStart(address: number): number {
    return (this.#word(address) + HEADER_WORDS) * 4;
  }

  keyBytes(address: number): number {
    return (this.#page(address).words[this.#word(address) + KEY] as number) & KEY_BYTES;
  }

  /** Where, in {@link bytes}, the value's message begins. */
  valueStart(address: number): number {
    return this.#valueWord(this.#page(address), this.#word(address)) * 4;
  }

  valueBytes(address: number): number {
    return this.#page(address).words[this.#word(address) + VALUE] as number;
  }

  /**
   * The value that a record's message carries: bytes are a copy.
   *
   * @throws {KvError} `STORAGE_FAILURE`, with its cause, if there is no memory for it.
   */
  value(address: number): Value {
    const start = this.valueStart(address);
    try {
      return readValueMessage(this.bytes(address), start, start + this.valueBytes(address));
    } catch (cause) {
      throw outOfMemory(cause);
    }
  }

  /**
   * Copies a value's message.
   *
   * @param keyBytes the length of the record's key: who asks knows it, and need not wait for memory.
   * @param to where it goes in `target`, in which there must be room for three bytes more.
   */
  copyValue(address: number, keyBytes: number, target: ByteWindow, to: number): void {
    const heap = this.#heap;
    const { words, view, bytes } = heap.pages[address >>> heap.placeBits] as Page;
    const record = (address & heap.placeMask) * UNIT_WORDS;
    const start = (record + HEADER_WORDS + wordsOf(keyBytes)) * 4;
    const end = start + (words[record + VALUE] as number);
    copyOut(view, bytes, start, end, target, to);
  }

  /** Copies a key, as {@link copyValue} does a value's message. */
  copyKey(address: number, keyBytes: number, target: ByteWindow, to: number): void {
    const { view, bytes } = this.#page(address);
    const start = this.keyStart(address);
    copyOut(view, bytes, start, start + keyBytes, target, to);
  }

  #page(address: number): Page {
    return this.#heap.pages[address >>> this.#heap.placeBits] as Page;
  }

  /** Where in its page a record begins, in words. */
  #word(address: number): number {
    return (address & this.#heap.placeMask) * UNIT_WORDS;
  }

  #valueWord({ words }: Page, at: number): number {
    return at + HEADER_WORDS + wordsOf((words[at + KEY] as number) & KEY_BYTES);
  }
}

/** Copies bytes of a page, from the beginning of a word on, to where there is room for three bytes more. */
function copyOut(
  view: DataView,
  bytes: Buffer,
  start: number,
  end: number,
  target: ByteWindow,
  to: number,
): void {
  if (end - start > LONG_BYTES) {
    bytes.copy(target.bytes, to, start, end);
    return;
  }
  const { view: targetView } = target;
  // The record's own last word is there in full.
  for (let at = start, byte = to; at < end; at += 4, byte += 4) {
    targetView.setInt32(byte, view.getInt32(at, true), true);
  }
}

/** Copies bytes of a window into a page, from the beginning of a word on. */
function copyIn(source: ByteWindow, start: number, end: number, page: Page, word: number): void {
  if (end - start > LONG_BYTES) {
    page.bytes.set(source.bytes.subarray(start, end), word * 4);
    return;
  }
  const { view } = page;
  const { view: sourceView } = source;
  let at = word * 4;
  let from = start;
  for (const lastWord = end - 4; from <= lastWord; from += 4, at += 4) {
    view.setInt32(at, sourceView.getInt32(from, true), true);
  }
  for (; from < end; from++, at++) view.setUint8(at, sourceView.getUint8(from));
}
