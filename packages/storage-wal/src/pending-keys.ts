/** A power of two. */
const BITS = 2 ** 16;

/**
 * The keys with changes that are not in the log yet: a set that may say yes for a key that is not in it, and
 * never no for one that is. Whoever is told yes waits a little in vain.
 */
export class PendingKeys {
  readonly #bits: Int32Array = new Int32Array(BITS / 32);
  #isEmpty = true;

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** @param view where the key is, from `start` to before `end`. */
  add(view: DataView, start: number, end: number): void {
    const bit = bitOf(view, start, end);
    this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] as number) | (1 << (bit & 31));
    this.#isEmpty = false;
  }

  /** @param view where the key is, from `start` to before `end`. */
  has(view: DataView, start: number, end: number): boolean {
    if (this.#isEmpty) return false;
    const bit = bitOf(view, start, end);
    return ((this.#bits[bit >>> 5] as number) & (1 << (bit & 31))) !== 0;
  }

  clear(): void {
    if (this.#isEmpty) return;
    this.#bits.fill(0);
    this.#isEmpty = true;
  }
}

function bitOf(view: DataView, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (const lastWord = end - 4; at <= lastWord; at += 4)
    hash = mixed(hash, view.getInt32(at, true));
  for (; at < end; at++) hash = mixed(hash, view.getUint8(at));
  return hash >>> 16;
}

function mixed(hash: number, word: number): number {
  // Multiplicative, by the golden ratio: the high bits depend on all of the word.
  const product = Math.imul(hash ^ word, 0x9e37_79b1);
  return product ^ (product >>> 15);
}
