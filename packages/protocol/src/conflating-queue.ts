import { Fifo } from './fifo.js';
import type { Sized } from './sized.js';
import {
  type DropListener,
  hasRoom,
  type QueueLimits,
  type WaitingQueue,
} from './waiting-queue.js';

/** How items are conflated. */
export interface Conflation<Item> {
  /** What two items have in common of which the later takes the place of the earlier. */
  keyOf(item: Item): unknown;
  /** The item that stands for both. */
  merge(earlier: Item, later: Item): Item;
}

/** A place in a queue. */
interface Place<Item> {
  readonly key: unknown;
  /** Absent if a later one has taken its place. */
  item: Item | undefined;
}

/** How many places may be left by items that were replaced, however few wait. */
const SPARE_PLACES = 64;

/**
 * A queue in which no more than one item waits of each key, where the last of them came. If there are too many even so,
 * the oldest is dropped. Every operation takes constant time, amortised.
 */
export class ConflatingQueue<Item extends Sized> implements WaitingQueue<Item> {
  readonly #limits: QueueLimits;
  readonly #conflation: Conflation<Item>;
  readonly #listener: DropListener<Item>;
  readonly #byKey: Map<unknown, Place<Item>> = new Map();
  #places: Fifo<Place<Item>> = new Fifo();
  #bytes = 0;

  constructor(limits: QueueLimits, conflation: Conflation<Item>, listener: DropListener<Item>) {
    this.#limits = limits;
    this.#conflation = conflation;
    this.#listener = listener;
  }

  get length(): number {
    return this.#byKey.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns true: there is always room. */
  push(item: Item): true {
    const key = this.#conflation.keyOf(item);
    const earlier = this.#take(this.#byKey.get(key));
    const pushed = earlier === undefined ? item : this.#conflation.merge(earlier, item);
    while (!hasRoom(this, pushed, this.#limits)) this.#listener.dropped(this.shift() as Item);
    const place = { key, item: pushed };
    this.#byKey.set(key, place);
    this.#places.push(place);
    this.#bytes += pushed.bytes;
    if (this.#places.length > 2 * this.length + SPARE_PLACES) this.#tidy();
    return true;
  }

  shift(): Item | undefined {
    for (let place = this.#places.shift(); place !== undefined; place = this.#places.shift()) {
      const item = this.#take(place);
      if (item !== undefined) return item;
    }
    return undefined;
  }

  /** Takes out the item of a place, if there is one. */
  #take(place: Place<Item> | undefined): Item | undefined {
    const item = place?.item;
    if (place === undefined || item === undefined) return undefined;
    place.item = undefined;
    this.#byKey.delete(place.key);
    this.#bytes -= item.bytes;
    return item;
  }

  #tidy(): void {
    const places = new Fifo<Place<Item>>();
    for (const place of this.#places) if (place.item !== undefined) places.push(place);
    this.#places = places;
  }
}
