import { KvError } from './kv-error.js';
import type { Position } from './position.js';
import type { Change, WatchItem } from './watch-item.js';
import type { WatchParts } from './watch-parts.js';

/** So many pages of changes are conflated at the most before something is told: they come as fast as they are read. */
const CONFLATED_PAGES = 20;

/**
 * What a watch is not pushed, but reads: what is missing, and the table itself. Each generator gives back whether it has
 * told all, rather than that the watch has ended.
 */
export class WatchPast {
  /** Up to here everything has been told. */
  at: Position;
  /** Whether the table is being copied. */
  isCopying: boolean;
  readonly #parts: WatchParts;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.at = parts.after ?? parts.start;
    this.isCopying = parts.snapshot;
  }

  /** Reads what is missing, up to the newest. */
  catchUp(): AsyncGenerator<WatchItem, boolean, undefined> {
    return this.#parts.overflow === 'conflate' ? this.#conflated() : this.#missed();
  }

  async *#missed(): AsyncGenerator<WatchItem, boolean, undefined> {
    for (;;) {
      const page = await this.#ask(this.#parts.reader.pull(this.at));
      if (page === undefined) return false;
      for (const change of page.changes) {
        if (this.#parts.live.ended) return false;
        yield this.#told(change);
      }
      this.at = page.position;
      if (page.changes.length === 0) return true;
    }
  }

  /** Of each key the last change. Only when all of them have been told, everything has. */
  async *#conflated(): AsyncGenerator<WatchItem, boolean, undefined> {
    for (let isEnd = false; !isEnd; ) {
      const latest = new Map<string, Change>();
      let { at } = this;
      for (let pages = 0; !isEnd && pages < CONFLATED_PAGES; pages++) {
        const page = await this.#ask(this.#parts.reader.pull(at));
        if (page === undefined) return false;
        for (const change of page.changes) conflate(latest, change);
        at = page.position;
        isEnd = page.changes.length === 0;
      }
      for (const change of latest.values()) {
        if (this.#parts.live.ended) return false;
        yield change;
      }
      this.at = at;
    }
    return true;
  }

  /** Reads what there is, and what changes meanwhile; then, it is complete. */
  async *copy(): AsyncGenerator<WatchItem, boolean, undefined> {
    const { table, key, live } = this.#parts;
    const isWhole = yield* key === '' ? this.#copyTable() : this.#copyKey(key);
    if (!isWhole || live.ended) return false;
    this.isCopying = false;
    yield { kind: 'ready', table, position: this.at };
    return true;
  }

  /** Reads the table page by page, and before each page what has changed since the one before. */
  async *#copyTable(): AsyncGenerator<WatchItem, boolean, undefined> {
    const { table, reader, live } = this.#parts;
    let cursor: Uint8Array = new Uint8Array(0);
    do {
      const page = await this.#ask(reader.copy(cursor));
      if (page === undefined) return false;
      if (!(yield* this.#changesUpTo(page.position))) return false;
      for (const [key, value] of page.entries) {
        if (live.ended) return false;
        yield { kind: 'entry', table, key, value };
      }
      cursor = page.cursor;
    } while (cursor.length > 0);
    return true;
  }

  /** Reads the one key, and what it has become up to the position. */
  async *#copyKey(key: string): AsyncGenerator<WatchItem, boolean, undefined> {
    const { table, reader, live } = this.#parts;
    const found = await this.#ask(reader.read(this.at));
    if (found === undefined) return false;
    let { value } = found;
    for await (const change of this.#changesUpTo(found.position)) {
      ({ value } = change);
      yield change;
    }
    if (live.ended) return false;
    if (value !== null) yield { kind: 'entry', table, key, value };
    return true;
  }

  async *#changesUpTo(position: Position): AsyncGenerator<Change, boolean, undefined> {
    while (isAfter(position, this.at)) {
      const page = await this.#ask(this.#parts.reader.pull(this.at));
      if (page === undefined) return false;
      if (page.changes.length === 0 && !isAfter(page.position, this.at)) {
        throw new KvError('INTERNAL', 'The server has not told what is in a page of the table');
      }
      for (const change of page.changes) {
        if (isAfter(change.position, position)) break;
        if (this.#parts.live.ended) return false;
        yield this.#told(change);
      }
      this.at = isAfter(page.position, position) ? position : page.position;
    }
    return true;
  }

  /**
   * Waits for what was asked of the server.
   *
   * @returns `undefined` if the watch has ended meanwhile: why, {@link WatchParts.live} tells.
   */
  async #ask<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
    const { live } = this.#parts;
    try {
      const answer = await asked;
      return live.ended ? undefined : answer;
    } catch (error) {
      if (live.ended) return undefined;
      throw error;
    }
  }

  #told(change: Change): Change {
    this.at = change.position;
    return change;
  }
}

/** Of an epoch that is not the same, all is later: what went back would not have been told. */
function isAfter(one: Position, other: Position): boolean {
  return one.epoch !== other.epoch || one.sequence > other.sequence;
}

/** Keeps of each key the last change, with the value from before the first. */
function conflate(latest: Map<string, Change>, change: Change): void {
  const before = latest.get(change.key);
  latest.delete(change.key);
  latest.set(change.key, before === undefined ? change : { ...change, old: before.old });
}
