import type { Value } from '@kv/protocol';
import { failureOf } from './failure.js';
import { joinKey } from './place.js';

/** What the driver gives of a range: keys as `readPlace` does. */
export type PlacedEntries = Iterator<{ readonly key: string | Buffer; readonly value: Value }>;

/** An entry; and its place, if that has not all of the key. */
export interface CursorEntry {
  readonly key: string;
  readonly value: Value;
  readonly place: Buffer | undefined;
}

/**
 * Entries in the order of their places, as they were at the first step. From then on, until it is at the end or closed,
 * it holds a snapshot, and thereby all pages that are replaced meanwhile.
 */
export class TableCursor {
  readonly #begin: () => PlacedEntries;
  readonly #tail: () => Buffer | undefined;
  readonly #onClose: () => void;
  #entries: PlacedEntries | undefined;
  #closed = false;

  /**
   * @param begin called at the first step.
   * @param tail the tail of the key whose value was read last.
   * @param onClose called once, when it is closed.
   */
  constructor(begin: () => PlacedEntries, tail: () => Buffer | undefined, onClose: () => void) {
    this.#begin = begin;
    this.#tail = tail;
    this.#onClose = onClose;
  }

  /** The next entry; `undefined` at the end, where it closes itself. */
  next(): CursorEntry | undefined {
    if (this.#closed) return undefined;
    const entry = this.#step();
    if (entry === undefined) this.close();
    return entry;
  }

  /** Lets go of the snapshot. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#entries?.return?.();
    this.#onClose();
  }

  #step(): CursorEntry | undefined {
    try {
      this.#entries ??= this.#begin();
      const { done, value: entry } = this.#entries.next();
      if (done) return undefined;
      const { key, value } = entry;
      if (typeof key === 'string') return { key, value, place: undefined };
      return { key: joinKey(key, this.#tail() as Buffer), value, place: key };
    } catch (error) {
      this.close();
      throw failureOf('read', error);
    }
  }
}
