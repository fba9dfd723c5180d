import { EventEmitter } from 'eventemitter3';
import { attempt, emitItems } from './emit-items.js';
import { joinGaps } from './join-gaps.js';
import type { Position } from './position.js';
import type { Gap, SubscriptionEvents } from './subscription.js';
import type { Change, Pushed, Watch, WatchItem } from './watch-item.js';
import type { WatchParts } from './watch-parts.js';
import { WatchPast } from './watch-past.js';

/**
 * A watch of a table. What is pushed is only its newest part: whatever is missing of it, since it came before,
 * or was dropped, or while there was no connection, is read from the server's history. So nobody waits for a slow
 * consumer, nothing piles up for it, and it skips nothing.
 */
export class Watching implements Watch {
  readonly #parts: WatchParts;
  readonly #items: AsyncGenerator<WatchItem, undefined, undefined>;
  readonly #past: WatchPast;
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
  #emitter: EventEmitter<SubscriptionEvents<WatchItem>> | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#past = new WatchPast(parts);
    this.#missing = parts.after !== undefined;
    this.#items = this.#run();
  }

  get id(): number | undefined {
    return this.#parts.live.id;
  }

  get position(): Position | undefined {
    return this.#past.isCopying ? undefined : this.#past.at;
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
        if (!(yield* this.#past.copy())) return await this.#end();
        this.#read();
      }
      for (;;) {
        if (this.#missing) {
          this.#missing = false;
          if (!(yield* this.#past.catchUp())) return await this.#end();
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
    if (!isLater(position, this.#past.at)) {
      // What was dropped before it has been told as well.
      this.#dropped = undefined;
      return undefined;
    }
    this.#tellDropped();
    this.#hasRead = false;
    this.#past.at = position;
    if (pushed.kind === 'progress') return undefined;
    const { change, first = position } = pushed;
    // Some of what it stands for has been read, and told: what was there before all of it is not what was told last.
    const isNews = this.#readTo === undefined || isLater(first, this.#readTo);
    return isNews ? change : { ...change, old: undefined };
  }

  #read(): void {
    this.#hasRead = true;
    this.#readTo = this.#past.at;
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

/** What was pushed before a server was started anew may still wait: an epoch that goes on has a larger number. */
function isLater(one: Position, other: Position): boolean {
  return one.epoch === other.epoch ? one.sequence > other.sequence : one.epoch > other.epoch;
}
