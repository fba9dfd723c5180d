/** Bytes of a slot: a hash and an address. */
export const SLOT_BYTES = 8;

/**
 * Slots of hashes and addresses: open addressing with linear probing, and no gap in any run, since a
 * removal moves back what came behind. An address of 0 is an empty slot.
 *
 * A segment has the hashes that begin with `depth` certain bits. The bits behind them say at which
 * slot a hash is at home, so that homes are in the order of the hashes.
 */
export class Segment {
  readonly slots: Int32Array;
  depth: number;
  /** What is in it. */
  count = 0;
  /** Where it stands in the list of all segments of its size. */
  position = -1;
  readonly #mask: number;
  readonly #homeShift: number;

  /** @param slots a power of two of slots, two at least, all zero. */
  constructor(slots: Int32Array, depth: number) {
    this.slots = slots;
    this.depth = depth;
    this.#mask = slots.length - 1;
    this.#homeShift = 33 - Math.log2(slots.length);
  }

  /** How many slots there are. */
  get size(): number {
    return this.slots.length >>> 1;
  }

  /** Where in `slots` to look for a hash first. */
  home(hash: number): number {
    return ((hash << this.depth) >>> this.#homeShift) << 1;
  }

  /** Where in `slots` to look next. */
  after(at: number): number {
    return (at + 2) & this.#mask;
  }

  /** Makes it empty, and one of hashes that begin with so many certain bits. */
  clear(depth: number): void {
    this.slots.fill(0);
    this.depth = depth;
    this.count = 0;
  }

  /** There must be an empty slot, and another one to end searches. */
  insert(hash: number, address: number): void {
    const { slots } = this;
    let at = this.home(hash);
    while (slots[at + 1] !== 0) at = this.after(at);
    slots[at] = hash;
    slots[at + 1] = address;
    this.count++;
  }

  /** Puts another address in the place of `address`, which must be there. */
  replace(hash: number, address: number, by: number): void {
    this.slots[this.#slotOf(hash, address) + 1] = by;
  }

  /** Removes `address`, which must be there. */
  remove(hash: number, address: number): void {
    const { slots } = this;
    let gap = this.#slotOf(hash, address);
    let at = gap;
    for (;;) {
      at = this.after(at);
      if (slots[at + 1] === 0) break;
      // What is at home behind the gap is found without it.
      const home = this.home(slots[at] as number);
      if (((at - home) & this.#mask) < ((at - gap) & this.#mask)) continue;
      slots[gap] = slots[at] as number;
      slots[gap + 1] = slots[at + 1] as number;
      gap = at;
    }
    slots[gap] = 0;
    slots[gap + 1] = 0;
    this.count--;
  }

  #slotOf(hash: number, address: number): number {
    const { slots } = this;
    let at = this.home(hash);
    while (slots[at + 1] !== address) {
      if (slots[at + 1] === 0) throw new Error('The index lacks what it had');
      at = this.after(at);
    }
    return at;
  }
}
