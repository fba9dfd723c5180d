import { Fifo } from './fifo.js';
import type { OverflowPolicy } from './overflow-policy.js';
import type { Sized } from './sized.js';
import {
  type DropListener,
  hasRoom,
  type QueueLimits,
  type WaitingQueue,
} from './waiting-queue.js';

/**
 * What waits for a consumer, who may be slow: so many items and so many bytes, and no more. What happens
 * to one that has no room is for a policy to say.
 */
export class BoundedQueue<Item extends Sized> implements WaitingQueue<Item> {
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

  get length(): number {
    return this.#items.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(item: Item): boolean {
    while (!hasRoom(this, item, this.#limits)) {
      if (!this.#policy.makeRoom(this)) return false;
    }
    this.#items.push(item);
    this.#bytes += item.bytes;
    return true;
  }

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
}
