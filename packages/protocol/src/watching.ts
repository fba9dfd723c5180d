import { EventEmitter } from 'eventemitter3';
import { attempt, emitItems } from './emit-items.js';
import type { Inbox } from './inbox.js';
import { joinGaps } from './join-gaps.js';
import { KvError } from './kv-error.js';
import type { Position } from './position.js';
import type { Gap, SubscriptionEvents } from './subscription.js';
import type { Change, Pushed, Watch, WatchItem } from './watch-item.js';
import type { WatchOverflow } from './watch-options.js';
import type { WatchReader } from './watch-reader.js';

/** So many pages of changes are conflated at the most before something is told: they come as fast as they are read. */
const CONFLATED_PAGES = 20;

/** What a {@link Watching} is made of. */
export interface WatchParts {
  readonly table: string;
  /** The one key that is watched; none, if it is empty. */
  readonly key: string;
  /** What is pushed: the changes after `start`, some of which may be dropped. */
  readonly live: Inbox<Pushed>;
  readonly start: Position;
  /** Where it begins: at `start`, if nothing is said. */
  readonly after: Position | undefined;
  readonly snapshot: boolean;
  readonly overflow: WatchOverflow;
  /** Told of what is missing for good. */
  readonly onGap: ((gap: Gap) => void) | undefined;
  readonly reader: Pick<WatchReader, 'pull' | 'copy' | 'read'>;
}

/**
 * A watch of a table. What is pushed is only its newest part: whatever is missing of it, since it came before,
 * or was dropped, or while there was no connection, is read from the server's history. So nobody waits for a slow
 * consumer, nothing piles up for it, and it skips nothing.
 */
export class Watching implements Watch {
  readonly #parts: WatchParts;
  readonly #items: AsyncGenerator<WatchItem, undefined, undefined>;
  /** Up to here everything has been told. */
  #at: Position;
  #missing = false;
  /** What was dropped before the next that is pushed, and is wanted no more. */
  #dropped: Gap | undefined;
  /** Whether changes have been read since the last that was pushed: those that were dropped may be among them. */
  #hasRead = false;
  /** Up to here, changes were read rather than pushed. */
  #readTo: Position | undefined;
  /** Wakes who waits for the next that is pushed, when some of it is missing. */
  #wake: () => void = () => {};
  #next: Promise<IteratorResult<Pushed, undefined>> | undefined;
  #isCopying: boolean;
  #emitter: EventEmitter<SubscriptionEvents<WatchItem>> | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#at = parts.after ?? parts.start;
    this.#missing = parts.after !== undefined;
    this.#isCopying = parts.snapshot;
    this.#items = this.#run();
  }

  get id(): number | undefined {
    return this.#parts.live.id;
  }

  get position(): Position | undefined {
    return this.#isCopying ? undefined : this.#at;
  }

  /** Takes that changes may be missing before the next that is pushed. */
  gap(gap: Gap): void {
    // Who drops the oldest wants no more of it; but what came while there was no connection was not dropped.
    if (this.#parts.overflow === 'drop-oldest' && gap.missed !== undefined) {
      this.#dropped = joinGaps(this.#dropped, gap);
      return;
    }
    this.#missing = true;
    this.#wake();
  }

  unsubscribe(): Promise<void> {
    // One that was pushed may wait for those that are missing before it.
    this.#next = undefined;
    return this.#parts.live.unsubscribe();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<WatchItem, undefined, undefined> {
    return {
      next: () => this.#items.next(),
      return: async () => {
        await this.unsubscribe();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  emitter(): EventEmitter<SubscriptionEvents<WatchItem>> {
    if (this.#emitter === undefined) {
      const emitter = new EventEmitter<SubscriptionEvents<WatchItem>>();
      this.#emitter = emitter;
      setImmediate(() => void emitItems(this, emitter));
    }
    return this.#emitter;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }

  async *#run(): AsyncGenerator<WatchItem, undefined, undefined> {
    try {
      if (this.#parts.snapshot) {
        if (!(yield* this.#copy())) return await this.#end();
        this.#read();
      }
      for (;;) {
        if (this.#missing) {
          this.#missing = false;
          if (!(yield* this.#catchUp())) return await this.#end();
          this.#read();
        }
        const next = await this.#nextPushed();
        if (next === undefined) continue;
        if (next.done) return undefined;
        const change = this.#accept(next.value);
        if (change !== undefined) yield change;
      }
    } catch (error) {
      // Whatever it is, nobody asks for more.
      await this.#parts.live.unsubscribe();
      throw error;
    }
  }

  /** Goes on to what was pushed, and answers the change that it tells, if that has not been told. */
  #accept(pushed: Pushed): Change | undefined {
    const { position } = pushed.kind === 'progress' ? pushed : pushed.change;
    if (!isLater(position, this.#at)) {
      // What was dropped before it has been told as well.
      this.#dropped = undefined;
      return undefined;
    }
    this.#tellDropped();
    this.#hasRead = false;
    this.#at = position;
    if (pushed.kind === 'progress') return undefined;
    const { change, first = position } = pushed;
    // Some of what it stands for has been read, and told: what was there before all of it is not what was told last.
    const isNews = this.#readTo === undefined || isLater(first, this.#readTo);
    return isNews ? change : { ...change, old: undefined };
  }

  #read(): void {
    this.#hasRead = true;
    this.#readTo = this.#at;
  }

  /**
   * The end, in the middle of what is read. What was pushed and waits is not told: what comes before it would be
   * missing.
   *
   * @throws why it has ended.
   */
  async #end(): Promise<undefined> {
    const { live } = this.#parts;
    let next = await (this.#next ?? live.next());
    while (!next.done) next = await live.next();
  }

  /** The next change that is pushed; `undefined` if some before it are missing. */
  async #nextPushed(): Promise<IteratorResult<Pushed, undefined> | undefined> {
    if (this.#missing) return undefined;
    if (this.#next === undefined) {
      const next = this.#parts.live.poll();
      if (next !== undefined && !this.#missing) return next;
      this.#next = next === undefined ? this.#parts.live.next() : Promise.resolve(next);
      // It is waited for when what is missing has been read; should it fail before, that is told then.
      this.#next.catch(() => {});
      if (this.#missing) return undefined;
    }
    const missing = new Promise<undefined>((resolve) => {
      this.#wake = () => resolve(undefined);
    });
    const next = await Promise.race([this.#next, missing]);
    if (this.#missing || next === undefined) return undefined;
    this.#next = undefined;
    return next;
  }

  // What is read, to be told. Each gives back whether it has told all, rather than that the watch has ended.

  /** Reads what is missing, up to the newest. */
  #catchUp(): AsyncGenerator<WatchItem, boolean, undefined> {
    return this.#parts.overflow === 'conflate' ? this.#conflated() : this.#missed();
  }

  async *#missed(): AsyncGenerator<WatchItem, boolean, undefined> {
    for (;;) {
      const page = await this.#ask(this.#parts.reader.pull(this.#at));
      if (page === undefined) return false;
      for (const change of page.changes) {
        if (this.#parts.live.ended) return false;
        yield this.#told(change);
      }
      this.#at = page.position;
      if (page.changes.length === 0) return true;
    }
  }

  /** Of each key the last change. Only when all of them have been told, everything has. */
  async *#conflated(): AsyncGenerator<WatchItem, boolean, undefined> {
    const latest = new Map<string, Change>();
    let at = this.#at;
    let isEnd = false;
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
    this.#at = at;
    if (!isEnd) this.#missing = true;
    return true;
  }

  /** Reads what there is, and what changes meanwhile. */
  async *#copy(): AsyncGenerator<WatchItem, boolean, undefined> {
    const { table, key, live } = this.#parts;
    const isWhole = yield* key === '' ? this.#copyTable() : this.#copyKey(key);
    if (!isWhole || live.ended) return false;
    this.#isCopying = false;
    yield { kind: 'ready', table, position: this.#at };
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
    const found = await this.#ask(reader.read(this.#at));
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
    while (isAfter(position, this.#at)) {
      const page = await this.#ask(this.#parts.reader.pull(this.#at));
      if (page === undefined) return false;
      if (page.changes.length === 0 && !isAfter(page.position, this.#at)) {
        throw new KvError('INTERNAL', 'The server has not told what is in a page of the table');
      }
      for (const change of page.changes) {
        if (isAfter(change.position, position)) break;
        if (this.#parts.live.ended) return false;
        yield this.#told(change);
      }
      this.#at = isAfter(page.position, position) ? position : page.position;
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
    this.#at = change.position;
    return change;
  }

  #tellDropped(): void {
    if (this.#dropped === undefined) return;
    // Nobody knows how much of it has been read.
    const gap = this.#hasRead ? { missed: undefined } : this.#dropped;
    this.#dropped = undefined;
    this.#parts.onGap?.(gap);
    const emitter = this.#emitter;
    if (emitter !== undefined) attempt(() => emitter.emit('gap', gap));
  }
}

/** Of an epoch that is not the same, all is later: what went back would not have been told. */
function isAfter(one: Position, other: Position): boolean {
  return one.epoch !== other.epoch || one.sequence > other.sequence;
}

/** What was pushed before a server was started anew may still wait: an epoch that goes on has a larger number. */
function isLater(one: Position, other: Position): boolean {
  return one.epoch === other.epoch ? one.sequence > other.sequence : one.epoch > other.epoch;
}

/** Keeps of each key the last change, with the value from before the first. */
function conflate(latest: Map<string, Change>, change: Change): void {
  const before = latest.get(change.key);
  latest.delete(change.key);
  latest.set(change.key, before === undefined ? change : { ...change, old: before.old });
}
