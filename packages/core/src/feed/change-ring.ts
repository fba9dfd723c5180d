import { Fifo, type Value } from '@kv/protocol';
import type { FeedChange } from './feed-change.js';

/** What a change takes besides its key and its values. */
const OBJECT_BYTES = 100;

/** How much a {@link ChangeRing} keeps. */
export interface RingLimits {
  readonly maxChanges: number;
  /** About what they take in memory. */
  readonly maxBytes: number;
}

/** The last changes of a store. Their sequences follow on one another. */
export class ChangeRing {
  readonly #limits: RingLimits;
  /** In the place of a sequence that was left out, there is nothing. */
  readonly #changes: Fifo<FeedChange | undefined> = new Fifo();
  /** Those of each. */
  readonly #sizes: Fifo<number> = new Fifo();
  #bytes = 0;
  #dropped: number;

  readonly #onDrop: (change: FeedChange) => void;

  /**
   * @param before the sequence of the change before the first.
   * @param onDrop told of each change that is not there any more.
   */
  constructor(limits: RingLimits, before: number, onDrop: (change: FeedChange) => void = () => {}) {
    this.#limits = limits;
    this.#onDrop = onDrop;
    this.#dropped = before;
  }

  /** The sequence of the last change that is not there any more, or never was. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The sequence of the newest change. */
  get last(): number {
    return this.#dropped + this.#changes.length;
  }

  /** Adds the newest change, and drops the oldest if they are too many; that one, too, if it is too large. */
  push(change: FeedChange): void {
    this.#add(change, changeBytes(change));
  }

  /** Leaves out a sequence. */
  skip(): void {
    this.#add(undefined, 0);
  }

  /** The change of a sequence; `undefined` if it has been dropped or left out, or has not come yet. */
  at(sequence: number): FeedChange | undefined {
    return this.#changes.at(sequence - this.#dropped - 1);
  }

  /** Drops all. */
  clear(): void {
    while (this.#changes.length > 0) this.#drop();
  }

  #add(change: FeedChange | undefined, bytes: number): void {
    this.#changes.push(change);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    const { maxChanges, maxBytes } = this.#limits;
    while (this.#changes.length > maxChanges || this.#bytes > maxBytes) this.#drop();
  }

  #drop(): void {
    const change = this.#changes.shift();
    this.#bytes -= this.#sizes.shift() as number;
    this.#dropped++;
    if (change !== undefined) this.#onDrop(change);
  }
}

/** About what a change takes in memory. */
function changeBytes({ key, value, old }: FeedChange): number {
  return OBJECT_BYTES + key.length + contentBytes(value) + contentBytes(old);
}

function contentBytes(value: Value | undefined): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 0;
}
