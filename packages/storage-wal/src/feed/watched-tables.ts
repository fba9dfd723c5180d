import type { FeedListener, ProgressListener } from '@kv/core';
import { readUtf8 } from '@kv/protocol';

/** A table to which somebody listens, or has listened lately. */
export class WatchedTable {
  readonly name: string;
  /** Each with what is told how far it has come. */
  readonly listeners: Map<FeedListener, ProgressListener | undefined> = new Map();
  /** The sequence of its last change; if there was none since it is watched, of the last of all before. */
  last: number;
  /** Takes back that it is to be forgotten. */
  stay: () => void = () => {};
  /** What {@link last} was when the last snapshot was begun, and what was lost before. */
  #marked: number;
  #lost: number;

  /** @param last the sequence of the last change of all. */
  constructor(name: string, last: number) {
    this.name = name;
    this.last = last;
    this.#marked = last;
    this.#lost = last;
  }

  /**
   * The sequence of the last of its changes in whose place there is a snapshot.
   *
   * @param isAdopted whether the snapshot that was begun last is that.
   */
  lost(isAdopted: boolean): number {
    return isAdopted ? this.#marked : this.#lost;
  }

  /** Notes that a snapshot is begun; and whether the one before was adopted. */
  mark(isAdopted: boolean): void {
    this.#lost = this.lost(isAdopted);
    this.#marked = this.last;
  }
}

/** Tables that are watched, which are found by the bytes of their names: each write asks, and most are of others. */
export class WatchedTables {
  readonly #tables: Map<string, WatchedTable> = new Map();
  /** How many names have a hash: what has another is not watched, and need not be decoded. */
  readonly #hashes: Map<number, number> = new Map();

  get size(): number {
    return this.#tables.size;
  }

  get(name: string): WatchedTable | undefined {
    return this.#tables.get(name);
  }

  /** The table whose name stands in `bytes` from `start` to `end`. */
  find(bytes: Uint8Array, start: number, end: number): WatchedTable | undefined {
    if (!this.#hashes.has(hashOf(bytes, start, end))) return undefined;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#tables.get(readUtf8(buffer, start, end));
  }

  add(table: WatchedTable): void {
    this.#tables.set(table.name, table);
    this.#count(table, 1);
  }

  delete(table: WatchedTable): void {
    if (this.#tables.delete(table.name)) this.#count(table, -1);
  }

  [Symbol.iterator](): Iterator<WatchedTable> {
    return this.#tables.values();
  }

  #count({ name }: WatchedTable, more: number): void {
    const bytes = Buffer.from(name);
    const hash = hashOf(bytes, 0, bytes.length);
    const count = (this.#hashes.get(hash) ?? 0) + more;
    if (count > 0) this.#hashes.set(hash, count);
    else this.#hashes.delete(hash);
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
  // So small a number takes no room of its own.
  return hash & 0x3fff_ffff;
}
