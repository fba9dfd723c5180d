import { Fifo } from './fifo.js';
import type { OverflowPolicy } from './overflow-policy.js';
import type { Sized } from './sized.js';

/** How much may wait in a queue. */
export interface QueueLimits {
  /** How many items. */
  readonly maxMessages: number;
  /** How many bytes of them. A single item always has room, however large it is. */
  readonly maxBytes: number;
}

/** What hears of the items that a queue has dropped. */
export interface DropListener<Item> {
  /** The oldest item was dropped: the next that is taken out came after it. */
  dropped(item: Item): void;
}

/**
 * What waits for a consumer, who may be slow: so many items and so many bytes, and no more. What happens
 * to one that has no room is for a policy to say.
 */
export class BoundedQueue<Item extends Sized> {
  readonly #items: Fifo<Item> = new Fifo();
  readonly #limits: QueueLimits;
  readonly #policy: OverflowPolicy;
  readonly #listener: DropListener<Item>;
  #bytes = 0;

  constructor(limits: QueueLimits, policy: OverflowPolicy, listener: DropListener<Item>) {
    this.#limits = limits;
    this.#policy = policy;
    this.#listener = listener;
  }

  /** How many items wait. */
  get length(): number {
    return this.#items.length;
  }

  /** The bytes of all that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Appends an item, the newest.
   *
   * @returns false, and nothing is appended, if there is no room for it and the policy makes none.
   */
  push(item: Item): boolean {
    while (!this.#hasRoomFor(item)) {
      if (!this.#policy.makeRoom(this)) return false;
    }
    this.#items.push(item);
    this.#bytes += item.bytes;
    return true;
  }

  /** Takes out the oldest item. */
  shift(): Item | undefined {
    const item = this.#items.shift();
    if (item !== undefined) this.#bytes -= item.bytes;
    return item;
  }

  /** Drops the oldest item, if there is one. For policies. */
  drop(): void {
    const item = this.shift();
    if (item !== undefined) this.#listener.dropped(item);
  }

  #hasRoomFor({ bytes }: Item): boolean {
    const { maxMessages, maxBytes } = this.#limits;
    const { length } = this.#items;
    return length === 0 || (length < maxMessages && this.#bytes + bytes <= maxBytes);
  }
}
