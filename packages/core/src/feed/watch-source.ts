import type { Position } from '@kv/protocol';
import type { Subscription } from '../subscriptions/subscription.js';
import type { SubscriptionSource } from '../subscriptions/subscription-source.js';
import type { ChangeFilter } from './change-filter.js';
import { MAX_KEPT_BYTES } from './encoded-change.js';
import type { Feed, Listening } from './feed.js';
import { type FeedChange, memoryOf } from './feed-change.js';
import { PushedChange } from './pushed-change.js';
import { PushedProgress } from './pushed-progress.js';

/** After so many bytes of changes of other keys, a peer is told how far it has come: a small part of what a feed keeps. */
const PASSED_BYTES = 64 * 1024;

/** The changes of a table, for one who watches it. */
export class WatchSource implements SubscriptionSource {
  readonly weight = 1;
  readonly #feed: Feed;
  readonly #table: string;
  readonly #filter: ChangeFilter;
  #listening: Listening | undefined;
  /** The bytes of the changes that were none of its own since the last that the peer was told. */
  #passed = 0;

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
    const changed = (change: FeedChange, listeners: number): void => {
      if (this.#filter.matches(change.key)) {
        this.#passed = 0;
        subscription.deliver(messageOf(change, listeners > 1));
      } else {
        this.#passed += memoryOf(change);
        if (this.#passed >= PASSED_BYTES) progressed(change.position);
      }
    };
    const progressed = (position: Position): void => {
      this.#passed = 0;
      subscription.note(new PushedProgress(position));
    };
    this.#listening = this.#feed.listen(this.#table, changed, progressed);
  }

  leave(): void {
    this.#listening?.end();
  }
}

// Of the message that was made last: all who watch a table are told of a change one after the other.
let lastChange: FeedChange | undefined;
let lastMessage: PushedChange | undefined;

function forget(): void {
  [lastChange, lastMessage] = [undefined, undefined];
}

function messageOf(change: FeedChange, isShared: boolean): PushedChange {
  if (!isShared) return new PushedChange(change, false);
  if (lastMessage === undefined || lastChange !== change) {
    lastMessage = new PushedChange(change, true);
    lastChange = change;
    // What is large is not kept when all have been told of it.
    if (memoryOf(change) > MAX_KEPT_BYTES) queueMicrotask(forget);
  }
  return lastMessage;
}
