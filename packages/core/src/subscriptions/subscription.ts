import {
  BoundedQueue,
  ConflatingQueue,
  type Conflation,
  type DropListener,
  errorResponse,
  KvError,
  OVERFLOW_POLICIES,
  type PushedMessage,
  PushedResponse,
  type QueueLimits,
  type QueueOverflow,
  type WaitingQueue,
} from '@kv/protocol';
import type { SubscriptionSource } from './subscription-source.js';
import type { Subscriptions } from './subscriptions.js';

/** How much may wait for a subscriber, and what happens when more would have to. */
export interface SubscriberSettings {
  readonly limits: QueueLimits;
  readonly overflow: QueueOverflow;
}

/**
 * One subscription of one peer. What is delivered to it goes straight to the peer if that takes it, and waits
 * otherwise, within limits: a peer that is slow holds up nobody, and is dropped. It has no queue as long as
 * nothing waits, for there may be very many that are idle.
 */
export class Subscription implements DropListener<PushedMessage> {
  readonly id: number;
  readonly source: SubscriptionSource;
  readonly #peer: Subscriptions;
  readonly #settings: SubscriberSettings;
  /** What waits; absent if nothing does. */
  #queue: WaitingQueue<PushedMessage> | undefined;
  /** What is to be told when nothing waits any more. */
  #note: PushedMessage | undefined;
  /** How many messages were dropped before the next that is pushed. */
  #missed = 0;
  /** What tells the peer why it has ended, until it is pushed. */
  #farewell: PushedMessage | undefined;
  /** Whether the peer knows of it: until then, all waits. */
  #started = false;
  /** Whether nothing is delivered to it any more. */
  #ended = false;

  /** Made by {@link Subscriptions.open}. */
  constructor(
    id: number,
    source: SubscriptionSource,
    peer: Subscriptions,
    settings: SubscriberSettings,
  ) {
    this.id = id;
    this.source = source;
    this.#peer = peer;
    this.#settings = settings;
  }

  /**
   * Takes a message for the peer.
   *
   * @returns whether the peer gets it, as far as can be known.
   */
  deliver(message: PushedMessage): boolean {
    if (this.#ended) return false;
    this.#note = undefined;
    if (this.#queue === undefined && this.#started && this.#peer.sink.ready) {
      return this.#push(message);
    }
    return this.#wait(message);
  }

  /** Takes what says no more once a message has come after it: the last of these alone waits, in nobody's way. */
  note(message: PushedMessage): void {
    if (this.#ended) return;
    this.#note = message;
    if (this.#started) this.#peer.waits(this);
  }

  /** The peer has been told that it is subscribed: what waits may be pushed. */
  start(): void {
    this.#started = true;
    if (this.#hasMore || this.#farewell !== undefined) this.#peer.waits(this);
  }

  /** Ends it, and tells the peer why. What waits is dropped. */
  end(error: KvError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.source.leave(this);
    this.#drop();
    this.#farewell = new PushedResponse(errorResponse(error));
    if (this.#started) this.#peer.waits(this);
  }

  /** Ends it at once: the peer hears no more of it. */
  close(): void {
    if (!this.#ended) this.source.leave(this);
    this.#ended = true;
    this.#drop();
    this.#farewell = undefined;
    this.#peer.forget(this);
  }

  /**
   * Pushes what has waited longest.
   *
   * @returns whether more waits.
   */
  pushNext(): boolean {
    if (this.#farewell !== undefined) {
      this.#peer.sink.push(this.#farewell, this.id, this.#missed);
      this.#peer.forget(this);
      return false;
    }
    const message = this.#shift() ?? this.#note;
    if (message === undefined) return false;
    if (message === this.#note) this.#note = undefined;
    return this.#push(message) && this.#hasMore;
  }

  /** Hears that the queue has dropped a message, to make room. */
  dropped(): void {
    this.#missed++;
  }

  #push(message: PushedMessage): boolean {
    const missed = this.#missed;
    this.#missed = 0;
    const { sink } = this.#peer;
    if (sink.push(message, this.id, missed)) return true;
    const { smaller, standIn } = message;
    if (smaller !== undefined && sink.push(smaller, this.id, missed)) return true;
    if (standIn !== undefined && sink.push(standIn, this.id, missed + 1)) return true;
    this.end(new KvError('TOO_LARGE', 'A message is too large to be sent to this subscriber'));
    return false;
  }

  #wait(message: PushedMessage): boolean {
    if (!this.#makeRoom(message)) return this.#leaveOut(message);
    this.#queue ??= this.#newQueue();
    const before = this.#queue.bytes;
    if (!this.#queue.push(message)) return this.#tooSlow();
    this.#peer.waitingBytes += this.#queue.bytes - before;
    if (this.#started) this.#peer.waits(this);
    return true;
  }

  /** Drops what is oldest, if that may be, until there is room for a message among all that waits for the peer. */
  #makeRoom(message: PushedMessage): boolean {
    const mayDrop = this.#settings.overflow !== 'error';
    while (!this.#peer.hasRoomFor(message)) {
      if (!mayDrop || this.#shift() === undefined) return false;
      this.#missed++;
    }
    return true;
  }

  /** There is no room for a message, for others of the peer have taken it all. */
  #leaveOut({ standIn }: PushedMessage): boolean {
    if (this.#settings.overflow === 'error') return this.#tooSlow();
    this.#missed++;
    if (standIn !== undefined) this.note(standIn);
    return false;
  }

  #tooSlow(): false {
    this.end(tooSlow(this.#settings.limits));
    return false;
  }

  /** Takes out what has waited longest. */
  #shift(): PushedMessage | undefined {
    const message = this.#queue?.shift();
    if (message !== undefined) this.#peer.waitingBytes -= message.bytes;
    if (this.#queue?.length === 0) this.#queue = undefined;
    return message;
  }

  get #hasMore(): boolean {
    return this.#queue !== undefined || this.#note !== undefined;
  }

  #newQueue(): WaitingQueue<PushedMessage> {
    const { limits, overflow } = this.#settings;
    if (overflow === 'conflate') return new ConflatingQueue(limits, BY_KEY, this);
    return new BoundedQueue(limits, OVERFLOW_POLICIES[overflow], this);
  }

  #drop(): void {
    if (this.#queue !== undefined) this.#peer.waitingBytes -= this.#queue.bytes;
    this.#queue = undefined;
    this.#note = undefined;
  }
}

const BY_KEY: Conflation<PushedMessage> = {
  keyOf: ({ key }) => key,
  merge: (earlier, later) => later.replacing(earlier),
};

function tooSlow({ maxMessages, maxBytes }: QueueLimits): KvError {
  return new KvError(
    'TOO_MANY_REQUESTS',
    `This subscriber is too slow: more would have to wait for it than ${maxMessages} messages or ${maxBytes} bytes, or more for all of its connection than may`,
  );
}
