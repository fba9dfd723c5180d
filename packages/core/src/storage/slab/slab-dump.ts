import { ByteWindow } from './byte-window.js';
import type { SlabStore } from './slab-store.js';
import type { SlabTable } from './slab-table.js';
import type { Found } from './table-index.js';

/** The tags of `CommandRequest.hset`, `Hset.table` and `Kvpair.key`, `Hset.pair` and `Kvpair.value`. */
const HSET_TAG = 0x22;
const FIRST_TAG = 0x0a;
const SECOND_TAG = 0x12;

/** The most bytes that the tags and lengths of a request take. */
const HEADERS_BYTES = 5 * 6;
/** What may be written behind a value: {@link Records.copyValue}. */
const SLACK_BYTES = 3;

/** About how many entries of a table are collected at one time: those of a part of the hashes. */
const PART_ENTRIES = 32;
/** So many bits of a hash tell its part at the most. */
const MAX_PART_BITS = 24;

/**
 * Takes an entry as the `CommandRequest` that would set it, encoded, from `start` to `end`. The bytes are
 * the taker's until it returns.
 */
export type TakeEntry = (bytes: Buffer, view: DataView, start: number, end: number) => void;

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
  readonly #request = new ByteWindow();
  readonly #take: TakeEntry;
  #table: string | undefined;
  #partBits = 0;
  /** How many parts of the table have come. */
  #parts = 0;

  constructor(store: SlabStore, take: TakeEntry) {
    this.#store = store;
    this.#take = take;
    this.#tables = [...store.tables.names()].values();
    this.#nextTable();
    this.#request.look(Buffer.allocUnsafeSlow(4096));
  }

  /** Whether there is more to come. */
  get done(): boolean {
    return this.#table === undefined;
  }

  /** Has entries taken, of so many bytes or a few more, or fewer at the end. */
  step(maxBytes: number): void {
    for (let bytes = 0; bytes < maxBytes && this.#table !== undefined; ) {
      const table = this.#store.tables.named(this.#table);
      if (table !== undefined) bytes += this.#part(table, reversed(this.#parts, this.#partBits));
      if (table === undefined || ++this.#parts === 2 ** this.#partBits) this.#nextTable();
    }
  }

  #nextTable(): void {
    this.#table = this.#tables.next().value;
    this.#parts = 0;
    const { count = 0 } = this.#store.tables.named(this.#table ?? '')?.index ?? {};
    const bits = Math.ceil(Math.log2(Math.max(1, count / PART_ENTRIES)));
    this.#partBits = Math.min(bits, MAX_PART_BITS);
  }

  /** Has the entries taken whose hashes begin with the bits of a part; answers their bytes. */
  #part(table: SlabTable, part: number): number {
    const span = 2 ** (32 - this.#partBits);
    const end = (part + 1) * span;
    const found: Found[] = [];
    let cursor = part * span;
    do cursor = table.index.collect(cursor, found.length + 1, found);
    while (cursor !== 0 && cursor < end);
    let bytes = 0;
    for (const { hash, address } of found) {
      if (hash < end) bytes += this.#entry(table, address);
    }
    return bytes;
  }

  #entry({ nameBytes }: SlabTable, address: number): number {
    const { records } = this.#store;
    const keyBytes = records.keyBytes(address);
    const valueBytes = records.valueBytes(address);
    const pair = fieldBytes(keyBytes) + fieldBytes(valueBytes);
    const hset = fieldBytes(nameBytes.length) + fieldBytes(pair);
    this.#reserve(HEADERS_BYTES + nameBytes.length + keyBytes + valueBytes + SLACK_BYTES);
    const { view } = this.#request;
    const bytes = this.#request.bytes as Buffer;
    let at = putHeader(bytes, 0, HSET_TAG, hset);
    at = putHeader(bytes, at, FIRST_TAG, nameBytes.length);
    bytes.set(nameBytes, at);
    at = putHeader(bytes, at + nameBytes.length, SECOND_TAG, pair);
    at = putHeader(bytes, at, FIRST_TAG, keyBytes);
    at = this.#copyKey(address, keyBytes, at);
    at = putHeader(bytes, at, SECOND_TAG, valueBytes);
    records.copyValue(address, keyBytes, this.#request, at);
    this.#take(bytes, view, 0, at + valueBytes);
    return at + valueBytes;
  }

  #copyKey(address: number, keyBytes: number, to: number): number {
    const { records } = this.#store;
    const start = records.keyStart(address);
    records.bytes(address).copy(this.#request.bytes, to, start, start + keyBytes);
    return to + keyBytes;
  }

  #reserve(bytes: number): void {
    if (bytes > this.#request.bytes.length) {
      this.#request.look(Buffer.allocUnsafeSlow(Math.max(bytes, this.#request.bytes.length * 2)));
    }
  }
}

/** A number of so many bits, with these in the opposite order. */
function reversed(value: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit++) result = result * 2 + ((value >>> bit) & 1);
  return result;
}

/** The bytes of a field with a length before it, its tag included. */
function fieldBytes(length: number): number {
  let bytes = length + 2;
  for (let rest = length; rest > 0x7f; rest >>>= 7) bytes++;
  return bytes;
}

/** @returns where the field's contents begin. */
function putHeader(bytes: Buffer, start: number, tag: number, length: number): number {
  let at = start;
  bytes[at++] = tag;
  let rest = length;
  for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
  bytes[at++] = rest;
  return at;
}
