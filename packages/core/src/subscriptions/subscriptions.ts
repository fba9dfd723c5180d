import { KvError, type PushedMessage, withoutStack } from '@kv/protocol';
import type { PushSink } from './push-sink.js';
import { type SubscriberSettings, Subscription } from './subscription.js';
import type { SubscriptionSource } from './subscription-source.js';

/** How much the subscriptions of one peer may be. */
export interface SubscriptionLimits {
  /** How many, each by the weight of its source. */
  readonly maxSubscriptions: number;
  /** How many bytes of messages may wait for all of them together. */
  readonly maxWaitingBytes: number;
}

/**
 * All that one peer has subscribed to. Ids are its own, and never used again, so nobody can name what is
 * another's.
 */
export class Subscriptions {
  readonly sink: PushSink;
  /** The bytes of the messages that wait. Kept by the subscriptions. */
  waitingBytes = 0;
  readonly #limits: SubscriptionLimits;
  readonly #refusal: () => KvError | undefined;
  readonly #byId: Map<number, Subscription> = new Map();
  /** Those for whom something waits that may be pushed, in the order of their turns. */
  readonly #waiting: Set<Subscription> = new Set();
  #nextId = 1;
  /** What all of them count as. */
  #weight = 0;
  /** The one that was opened last, until somebody takes care of its start. */
  #opened: Subscription | undefined;

  /** @param refusal why none is opened any more: whoever has ended them ends no later one. */
  constructor(
    sink: PushSink,
    limits: SubscriptionLimits,
    refusal: () => KvError | undefined = () => undefined,
  ) {
    this.sink = sink;
    this.#limits = limits;
    this.#refusal = refusal;
  }

  /** How many there are; those included whose end the peer has yet to be told of. */
  get size(): number {
    return this.#byId.size;
  }

  /**
   * Opens one. Nothing is pushed before it is started, which is what becomes of it when the answer that has
   * its id has left.
   *
   * @throws {KvError} `TOO_MANY_REQUESTS` if there are too many; the refusal, if there is one.
   */
  open(source: SubscriptionSource, settings: SubscriberSettings): Subscription {
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    const { maxSubscriptions } = this.#limits;
    if (this.#weight + source.weight > maxSubscriptions) {
      throw withoutStack(() => tooMany(maxSubscriptions));
    }
    const subscription = new Subscription(this.#nextId++, source, this, settings);
    this.#byId.set(subscription.id, subscription);
    this.#weight += source.weight;
    source.join(subscription);
    this.#opened = subscription;
    return subscription;
  }

  /** The subscription with this id. */
  find(id: number): Subscription | undefined {
    return this.#byId.get(id);
  }

  /** The one that was opened last, once: who takes it sees to it that it is started, or closed. */
  takeOpened(): Subscription | undefined {
    const opened = this.#opened;
    this.#opened = undefined;
    return opened;
  }

  /** Pushes what waits, to each subscription in turn, as long as the sink takes it. */
  pushMore(): void {
    if (this.#waiting.size === 0) return;
    for (const subscription of this.#waiting) {
      if (!this.sink.ready) return;
      this.#waiting.delete(subscription);
      // Its next turn comes after those of all others.
      if (subscription.pushNext()) this.#waiting.add(subscription);
    }
  }

  /** Ends all, and tells the peer why. */
  end(error: KvError): void {
    for (const subscription of this.#byId.values()) subscription.end(error);
  }

  /** Ends all at once: the peer hears no more of them. */
  close(): void {
    for (const subscription of this.#byId.values()) subscription.close();
  }

  /** Whether a message may wait, as far as all of them together are concerned. */
  hasRoomFor({ bytes }: PushedMessage): boolean {
    return this.waitingBytes === 0 || this.waitingBytes + bytes <= this.#limits.maxWaitingBytes;
  }

  /** For a subscription to call when something waits. */
  waits(subscription: Subscription): void {
    this.#waiting.add(subscription);
    this.pushMore();
  }

  /** For a subscription to call when it is over. */
  forget(subscription: Subscription): void {
    if (this.#byId.delete(subscription.id)) this.#weight -= subscription.source.weight;
    this.#waiting.delete(subscription);
  }
}

function tooMany(maxSubscriptions: number): KvError {
  const message = `A connection may have no more than ${maxSubscriptions} subscriptions, of which one to a pattern counts as 100`;
  return new KvError('TOO_MANY_REQUESTS', message);
}
