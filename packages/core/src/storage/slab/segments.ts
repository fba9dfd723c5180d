import { type Allocate, allocated } from './allocate.js';
import { Segment, SLOT_BYTES } from './segment.js';

/** All segments of a store, whichever table has them. */
export class Segments {
  readonly all: Segment[] = [];
  readonly #allocate: Allocate;
  #bytes = 0;
  #largestSize = 0;

  constructor(allocate: Allocate) {
    this.#allocate = allocate;
  }

  /** What they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** No segment has more slots. */
  get largestSize(): number {
    return this.#largestSize;
  }

  /**
   * Makes an empty one.
   *
   * @throws {KvError} `STORAGE_FAILURE` if there is no memory.
   */
  make(size: number, depth: number): Segment {
    const slots = new Int32Array(allocated(this.#allocate, size * SLOT_BYTES));
    const segment = new Segment(slots, depth);
    segment.position = this.all.length;
    this.all.push(segment);
    this.#bytes += slots.byteLength;
    this.#largestSize = Math.max(this.#largestSize, size);
    return segment;
  }

  /** Lets go of one. */
  drop(segment: Segment): void {
    const last = this.all.pop() as Segment;
    if (last !== segment) {
      last.position = segment.position;
      this.all[last.position] = last;
    }
    this.#bytes -= segment.slots.byteLength;
  }
}
