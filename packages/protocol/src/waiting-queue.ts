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

/** What waits for a consumer, who may be slow: so many items and so many bytes, and no more. */
export interface WaitingQueue<Item extends Sized> {
  /** How many items wait. */
  readonly length: number;
  /** The bytes of all that wait. */
  readonly bytes: number;
  /**
   * Appends an item, the newest.
   *
   * @returns false, and nothing is appended, if there is no room for it and none is made.
   */
  push(item: Item): boolean;
  /** Takes out the oldest item. */
  shift(): Item | undefined;
}

/** Whether a queue that has so many items and bytes has room for one more. */
export function hasRoom(
  { length, bytes }: Pick<WaitingQueue<Sized>, 'length' | 'bytes'>,
  item: Sized,
  { maxMessages, maxBytes }: QueueLimits,
): boolean {
  return length === 0 || (length < maxMessages && bytes + item.bytes <= maxBytes);
}
