import { EventEmitter } from 'eventemitter3';
import { BoundedQueue } from './bounded-queue.js';
import { ConflatingQueue } from './conflating-queue.js';
import { attempt, emitItems } from './emit-items.js';
import { Fifo } from './fifo.js';
import type { PushTarget } from './inboxes.js';
import { joinGaps } from './join-gaps.js';
import { KvError } from './kv-error.js';
import type { CommandRequest, CommandResponse } from './messages.js';
import { OVERFLOW_POLICIES, type QueueOverflow } from './overflow-policy.js';
import { responseError } from './response.js';
import { responseBytes } from './response-bytes.js';
import type { Sized } from './sized.js';
import type { Gap, Subscription, SubscriptionEvents } from './subscription.js';
import type { QueueLimits, WaitingQueue } from './waiting-queue.js';

/** What an {@link Inbox} is made of. */
export interface InboxSettings<Item> {
  /** What it asks of the server: after each loss of the connection again. */
  readonly request: CommandRequest;
  /** What the request to end it calls it. */
  readonly topic: string;
  readonly limits: QueueLimits;
  readonly overflow: QueueOverflow;
  readonly signal?: AbortSignal | undefined;
  /** Called between the items around a gap. */
  readonly onGap?: ((gap: Gap) => void) | undefined;
  /** Whether a pushed message says no more once another has come after it: then it takes no room among those that wait. */
  readonly isNote?: ((response: CommandResponse) => boolean) | undefined;
  /** What the subscriber gets of a pushed message. */
  readonly itemOf: (response: CommandResponse) => Item;
  /** Called once, when it has ended. Who has ended it waits until it is done. */
  readonly onEnd: () => Promise<void>;
}

/** A message that waits for the subscriber, and what is missing before it. */
interface Waiting extends Sized {
  readonly response: CommandResponse;
  readonly gap: Gap | undefined;
}

interface Waiter<Item> {
  resolve(result: IteratorResult<Item, undefined>): void;
  reject(error: unknown): void;
}

/**
 * The client's side of a subscription: what was pushed and not yet taken, within limits. What is pushed
 * comes by {@link receive}; a subscriber takes it by iterating.
 */
export class Inbox<Item> implements Subscription<Item>, PushTarget {
  id: number | undefined;
  readonly request: CommandRequest;
  readonly topic: string;
  readonly signal: AbortSignal | undefined;
  readonly #settings: InboxSettings<Item>;
  readonly #queue: WaitingQueue<Waiting>;
  /** Those who have asked for an item that has not come yet; then nothing waits. */
  readonly #waiters: Fifo<Waiter<Item>> = new Fifo();
  /** What was dropped before the oldest that waits. */
  #gap: Gap | undefined;
  /** What is missing behind all that waits. */
  #lastGap: Gap | undefined;
  /** What was pushed last behind all that waits, if it says no more once something has come after it. */
  #note: CommandResponse | undefined;
  #onGap: ((gap: Gap) => void) | undefined;
  #emitter: EventEmitter<SubscriptionEvents<Item>> | undefined;
  #ended = false;
  /** Why it has ended; told once, when all that waited has been taken. */
  #error: { readonly reason: unknown } | undefined;

  constructor(settings: InboxSettings<Item>) {
    this.#settings = settings;
    this.request = settings.request;
    this.topic = settings.topic;
    this.signal = settings.signal;
    this.#onGap = settings.onGap;
    this.#queue = this.#newQueue(settings);
  }

  /** Whether nothing comes any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes what was pushed: a message, or, with a status of failure, why there are no more. */
  receive(response: CommandResponse, missed: number): void {
    if (this.#ended) return;
    const error = responseError(response);
    if (error !== undefined) {
      void this.#end({ reason: error });
    } else {
      this.#lastGap = joinGaps(this.#lastGap, missed > 0 ? { missed } : undefined);
      if (this.#settings.isNote?.(response) === true) this.#note = response;
      else this.#put(response);
      this.#serve();
    }
  }

  /** Takes that messages may be missing from here on. */
  interrupt(): void {
    if (this.#ended) return;
    this.#lastGap = { missed: undefined };
    this.#serve();
  }

  /** Ends it for this reason, and drops what waits. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#clear();
    void this.#end({ reason: error });
  }

  /** Ends it without a reason, and drops what waits. */
  close(): void {
    this.#clear();
    this.#error = undefined;
    if (!this.#ended) void this.#end(undefined);
  }

  async unsubscribe(): Promise<void> {
    this.#clear();
    this.#error = undefined;
    if (!this.#ended) await this.#end(undefined);
  }

  /** Hears of what the queue drops. */
  dropped({ gap }: Waiting): void {
    this.#gap = joinGaps(joinGaps(this.#gap, gap), { missed: 1 });
  }

  /**
   * The next item, or the end, if it is there; `undefined` if it has to be waited for.
   *
   * @throws why it has ended, once.
   */
  poll(): IteratorResult<Item, undefined> | undefined {
    return this.#waiters.length > 0 ? undefined : this.#take();
  }

  /**
   * The next item, when it comes.
   *
   * @throws why it has ended, once all has been taken that came before.
   */
  async next(): Promise<IteratorResult<Item, undefined>> {
    const item = this.#take();
    if (item !== undefined) return item;
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Item, undefined, undefined> {
    return {
      next: () => this.next(),
      return: async () => {
        await this.unsubscribe();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  emitter(): EventEmitter<SubscriptionEvents<Item>> {
    if (this.#emitter === undefined) {
      this.#emitter = new EventEmitter();
      setImmediate(() => void this.#emitAll(this.#emitter as never));
    }
    return this.#emitter;
  }

  /** Ends it, at the end of the block that holds it by `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }

  /** Emits all there is to tell. A listener that throws does no harm to the others, nor to what comes. */
  async #emitAll(emitter: EventEmitter<SubscriptionEvents<Item>>): Promise<void> {
    const told = this.#onGap;
    this.#onGap = (gap) => {
      told?.(gap);
      attempt(() => emitter.emit('gap', gap));
    };
    await emitItems(this, emitter);
  }

  #newQueue({ limits, overflow }: InboxSettings<Item>): WaitingQueue<Waiting> {
    if (overflow !== 'conflate') return new BoundedQueue(limits, OVERFLOW_POLICIES[overflow], this);
    return new ConflatingQueue(limits, { keyOf, merge: this.#merge }, this);
  }

  /** What is missing before one whose place is taken is missing before all that wait. */
  readonly #merge = ({ gap, response: earlier }: Waiting, later: Waiting): Waiting => {
    this.#gap = joinGaps(this.#gap, gap);
    const { response } = later;
    if (earlier.change === undefined || response.change === undefined) return later;
    const { old, oldKnown, position } = earlier.change;
    const first = earlier.change.first ?? position;
    const whole = { ...response, change: { ...response.change, old, oldKnown, first } };
    return { ...later, response: whole, bytes: responseBytes(whole) };
  };

  #put(response: CommandResponse): void {
    const gap = this.#lastGap;
    this.#lastGap = undefined;
    this.#note = undefined;
    const isPut = this.#queue.push({ response, gap, bytes: responseBytes(response) });
    if (!isPut) void this.#end({ reason: tooSlow() });
  }

  /** Ends it; what waits can still be taken. */
  #end(error: { readonly reason: unknown } | undefined): Promise<void> {
    this.#ended = true;
    this.#error = error;
    this.#serve();
    return this.#settings.onEnd();
  }

  /** Hands what there is to those who have asked for it. */
  #serve(): void {
    for (let waiter = this.#waiters.peek(); waiter !== undefined; waiter = this.#waiters.peek()) {
      try {
        const item = this.#take();
        if (item === undefined) return;
        this.#waiters.shift();
        waiter.resolve(item);
      } catch (error) {
        this.#waiters.shift();
        waiter.reject(error);
      }
    }
  }

  /**
   * Takes out the next item, or the end if there is none.
   *
   * @returns `undefined` if that has not come yet.
   * @throws why it has ended, once.
   */
  #take(): IteratorResult<Item, undefined> | undefined {
    while (this.#queue.length > 0) {
      const gap = this.#gap;
      this.#gap = undefined;
      const { gap: before, response } = this.#queue.shift() as Waiting;
      const whole = joinGaps(gap, before);
      if (whole !== undefined && !this.#tell(whole)) break;
      return { done: false, value: this.#settings.itemOf(response) };
    }
    const [gap, note] = [this.#lastGap, this.#note];
    [this.#lastGap, this.#note] = [undefined, undefined];
    const goesOn = gap === undefined || this.#tell(gap);
    if (goesOn && note !== undefined) return { done: false, value: this.#settings.itemOf(note) };
    if (!this.#ended) return undefined;
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error.reason;
    return { done: true, value: undefined };
  }

  /** @returns whether it goes on. */
  #tell(gap: Gap): boolean {
    try {
      this.#onGap?.(gap);
      return true;
    } catch (reason) {
      // It is the subscriber's own, who asks for items, and gets this in place of the next.
      this.#clear();
      this.#error = { reason };
      if (!this.#ended) void this.#settings.onEnd();
      this.#ended = true;
      return false;
    }
  }

  #clear(): void {
    while (this.#queue.length > 0) this.#queue.shift();
    [this.#gap, this.#lastGap, this.#note] = [undefined, undefined, undefined];
  }
}

/** Of each key of a table, the last change says it all. */
function keyOf({ response }: Waiting): string | undefined {
  return response.change?.key;
}

function tooSlow(): KvError {
  return new KvError(
    'TOO_MANY_REQUESTS',
    'More messages wait for this subscriber than may: it takes them too slowly',
  );
}
