import { type Allocate, allocated } from './allocate.js';
import { Segment, SLOT_BYTES } from './segment.js';

/** All segments of a store, whichever table has them. */
export class Segments {
  /** At the binary logarithm of how many slots they have. */
  readonly #bySize: Segment[][] = [];
  readonly #allocate: Allocate;
  #bytes = 0;

  constructor(allocate: Allocate) {
    this.#allocate = allocate;
  }

  /** What they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All there are, in no order. */
  get all(): readonly Segment[] {
    return this.#bySize.flat();
  }

  /**
   * One of them by chance, each the more likely the more slots it has: so that all slots are as likely.
   *
   * @param chance from 0 to below 1.
   * @returns `undefined` if there are none.
   */
  pick(chance: number): Segment | undefined {
    let slot = Math.floor((chance * this.#bytes) / SLOT_BYTES);
    // Most slots are in large ones.
    for (let log = this.#bySize.length - 1; log >= 0; log--) {
      const segments = this.#bySize[log] as Segment[];
      const slots = segments.length * (1 << log);
      if (slot < slots) return segments[slot >>> log];
      slot -= slots;
    }
    return undefined;
  }

  /**
   * Makes an empty one.
   *
   * @throws {KvError} `STORAGE_FAILURE` if there is no memory.
   */
  make(size: number, depth: number): Segment {
    const slots = new Int32Array(allocated(this.#allocate, size * SLOT_BYTES));
    const segment = new Segment(slots, depth);
    const alike = this.#ofSize(size);
    segment.position = alike.length;
    alike.push(segment);
    this.#bytes += slots.byteLength;
    return segment;
  }

  /** Lets go of one. */
  drop(segment: Segment): void {
    const alike = this.#ofSize(segment.size);
    const last = alike.pop() as Segment;
    if (last !== segment) {
      last.position = segment.position;
      alike[last.position] = last;
    }
    this.#bytes -= segment.slots.byteLength;
  }

  #ofSize(size: number): Segment[] {
    const log = Math.log2(size);
    while (this.#bySize.length <= log) this.#bySize.push([]);
    return this.#bySize[log] as Segment[];
  }
}
