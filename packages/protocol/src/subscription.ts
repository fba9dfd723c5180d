import type { EventEmitter } from 'eventemitter3';
import type { Overflow } from './overflow-policy.js';
import type { Value } from './value.js';

/** What was published to a topic. */
export interface Message {
  readonly topic: string;
  /** As many as were published; the subscriber's own. */
  readonly values: readonly Value[];
}

/** Told of where messages are missing. */
export interface Gap {
  /** How many are missing; `undefined` if nobody knows, as when the connection was lost meanwhile. */
  readonly missed: number | undefined;
}

/** All topics that a pattern matches. */
export interface TopicPattern {
  /** `*` stands for any characters, or none; all others for themselves: `chat.*`. */
  readonly pattern: string;
}

/** What may be said of a subscription. */
export interface SubscribeOptions {
  /** Ends the subscription: its iteration rejects with `CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call fails with `TIMEOUT`, as of any other. Subscriptions last for as long as they may. */
  readonly timeoutMs?: number | undefined;
  /**
   * How many messages may wait for a consumer that is slow: 10,000 by default. As many may wait once more on
   * the server's side, though no more than it allows.
   */
  readonly maxMessages?: number | undefined;
  /** How many bytes of messages may wait, in the same way: 1 MiB by default. A single one always may. */
  readonly maxBytes?: number | undefined;
  /**
   * What happens when more would have to wait: `error`, the default, ends the subscription with
   * `TOO_MANY_REQUESTS` once those that wait have been taken; `drop-oldest` drops what has waited longest.
   */
  readonly overflow?: Overflow | undefined;
  /**
   * Called where messages are missing, between those before and those after: some were dropped, or the
   * connection was lost and made good. Whoever reads state anew then misses nothing, since the subscription
   * is in place. What it throws ends the subscription.
   */
  readonly onGap?: ((gap: Gap) => void) | undefined;
}

/** What an emitter tells of a subscription. */
export interface SubscriptionEvents<Item> {
  /** What has come. */
  item(item: Item): void;
  /** Items are missing between the one before and the one after. */
  gap(gap: Gap): void;
  /** The subscription has ended, for this reason. If nobody listens to it, it becomes a warning of the process. */
  error(error: unknown): void;
  /** The subscription has ended; comes last. */
  end(): void;
}

/**
 * What is pushed to a subscriber, to be iterated over. It lasts until {@link unsubscribe}, which is what
 * leaving a loop over it does as well, or until it fails: then the iteration rejects. All iterators share what
 * comes: each item is for one of them.
 *
 * ```js
 * const subscription = await kv.subscribe('news');
 * for await (const { values } of subscription) console.log(values);
 * ```
 */
export interface Subscription<Item = Message> extends AsyncIterable<Item>, AsyncDisposable {
  /** Its number on its connection; another one after the connection was lost. `undefined` without a connection. */
  readonly id: number | undefined;
  /**
   * Ends it, and drops what waits. Resolves when the server has done so too; never rejects, for nothing comes
   * any more in any case.
   */
  unsubscribe(): Promise<void>;
  /** The items as they come; `return()` ends the subscription. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Item, undefined, undefined>;
  /**
   * The same as events, for who likes them better; in place of a loop, not beside one. Items are emitted
   * from the next turn of the event loop on.
   */
  emitter(): EventEmitter<SubscriptionEvents<Item>>;
}
