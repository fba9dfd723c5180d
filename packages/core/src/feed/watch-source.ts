import type { Position } from '@kv/protocol';
import type { Subscription } from '../subscriptions/subscription.js';
import type { SubscriptionSource } from '../subscriptions/subscription-source.js';
import type { ChangeFilter } from './change-filter.js';
import type { Feed, Listening } from './feed.js';
import type { FeedChange } from './feed-change.js';
import { PushedChange } from './pushed-change.js';

/** The changes of a table, for one who watches it. */
export class WatchSource implements SubscriptionSource {
  readonly weight = 1;
  readonly #feed: Feed;
  readonly #table: string;
  readonly #filter: ChangeFilter;
  #listening: Listening | undefined;

  constructor(feed: Feed, table: string, filter: ChangeFilter) {
    this.#feed = feed;
    this.#table = table;
    this.#filter = filter;
  }

  /** After this position, changes are told. */
  get position(): Position {
    return this.#listening?.position ?? this.#feed.position;
  }

  /** A watch is told by its id alone. */
  isCalled(topic: string): boolean {
    return topic === '';
  }

  join(subscription: Subscription): void {
    this.#listening = this.#feed.listen(this.#table, (change, listeners) => {
      if (this.#filter.matches(change.key)) subscription.deliver(messageOf(change, listeners > 1));
    });
  }

  leave(): void {
    this.#listening?.end();
  }
}

// Of the message that was made last: all who watch a table are told of a change one after the other.
let lastChange: FeedChange | undefined;
let lastMessage: PushedChange | undefined;

function messageOf(change: FeedChange, isShared: boolean): PushedChange {
  if (!isShared) return new PushedChange(change, false);
  if (lastMessage === undefined || lastChange !== change) {
    lastMessage = new PushedChange(change, true);
    lastChange = change;
  }
  return lastMessage;
}
