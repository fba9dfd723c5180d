/** The table that everything is measured on; `native/data.h` has the same. */
export const TABLE = 'bench';

/** Entries of 16-byte keys and 64-byte values. */
export interface DataSet {
  readonly keys: readonly string[];
  /** The value of each key, by the same index. */
  readonly values: readonly string[];
}

export function dataSet(size: number): DataSet {
  const keys = Array.from({ length: size }, (_, i) => keyOf(i));
  return { keys, values: keys.map(valueFor) };
}

const BATCH = 1000;

/** The data set in pieces that are not too long for one request. */
export function* batches({ keys, values }: DataSet): Generator<[key: string, value: string][]> {
  for (let start = 0; start < keys.length; start += BATCH) {
    const batch = keys.slice(start, start + BATCH);
    yield batch.map((key, i) => [key, values[start + i] as string]);
  }
}

/** The key at an index. */
export function keyOf(index: number): string {
  return `key-${String(index).padStart(12, '0')}`;
}

/** The value of a key. */
export function valueFor(key: string): string {
  return key.padEnd(64, 'v');
}

/** A power of two, and more than there are keys: nothing is asked for in the same order soon. */
const ORDER_LENGTH = 2 ** 20;

/** Indexes below `size`, uniformly random, and so cheap that they do not show in what is measured. */
export class RandomIndexes {
  readonly #order: Uint32Array = new Uint32Array(ORDER_LENGTH);
  #at = 0;

  constructor(size: number) {
    const order = this.#order;
    for (let i = 0; i < order.length; i++) order[i] = Math.random() * size;
  }

  next(): number {
    return this.#order[this.#at++ & (ORDER_LENGTH - 1)] as number;
  }
}
