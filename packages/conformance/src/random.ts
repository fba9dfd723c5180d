/** Numbers that look random and are the same for the same seed, so that what fails can be repeated. */
export class Random {
  #state: number;

  /** @param seed an integer. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** An integer from 0 up to, and not including, `end`. */
  below(end: number): number {
    return Math.floor(this.#next() * end);
  }

  /** One of `items`, of which there must be some. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] as Item;
  }

  /** `count` results of `make`. */
  list<Item>(count: number, make: () => Item): Item[] {
    return Array.from({ length: count }, make);
  }

  /** Mulberry32: from 0 up to, and not including, 1. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
