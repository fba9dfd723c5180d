const COMPACT_AT = 1024;

/** A first-in, first-out queue whose every operation takes constant time, amortised. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Appends an item, the newest. */
  push(item: Item): void {
    this.#items.push(item);
  }

  /** The oldest item, which stays. */
  peek(): Item | undefined {
    return this.#items[this.#head];
  }

  /** The item before which there are `index` others; `undefined` if there are not so many. */
  at(index: number): Item | undefined {
    return index < 0 ? undefined : this.#items[this.#head + index];
  }

  /** Takes out the oldest item. */
  shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (this.#head === this.#items.length) return undefined;
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** The items, oldest first. The queue must not change meanwhile. */
  *[Symbol.iterator](): Iterator<Item> {
    for (let i = this.#head; i < this.#items.length; i++) yield this.#items[i] as Item;
  }
}
