import { constants } from 'node:buffer';
import {
  type ChangeCause,
  type ChangeMessage,
  positionFromMessage,
  straightLineCodec,
  valueFromMessage,
} from '@kv/protocol';
import { encodedChange } from './encoded-change.js';
import { type FeedChange, leastBytesOf } from './feed-change.js';
import { RecordRing } from './record-ring.js';

/** How much a {@link ChangeRing} keeps. */
export interface RingLimits {
  readonly maxChanges: number;
  /** Of the changes as they travel. */
  readonly maxBytes: number;
}

const NOTHING = new Uint8Array(0);

/** A ring of records takes twice the memory, in one piece. */
const MOST_BYTES = Math.floor(constants.MAX_LENGTH / 2);

/**
 * The last changes of a store, each of something that is `Recorded`. Their sequences follow on one another. It keeps
 * their bytes rather than the objects: ten thousand of these would be copied by each minor garbage collection.
 */
export class ChangeRing<Recorded extends { readonly table: string }> {
  readonly #maxChanges: number;
  readonly #maxBytes: number;
  /** In the place of a sequence that was left out, there is nothing. */
  readonly #records: RecordRing<Recorded | undefined>;
  #dropped: number;
  readonly #onDrop: (recorded: Recorded, sequence: number) => void;

  /**
   * @param before the sequence of the change before the first.
   * @param onDrop told of each change that is not there any more.
   */
  constructor(
    limits: RingLimits,
    before: number,
    onDrop: (recorded: Recorded, sequence: number) => void = () => {},
  ) {
    this.#maxChanges = limits.maxChanges;
    this.#maxBytes = Math.min(limits.maxBytes, MOST_BYTES);
    this.#records = new RecordRing(this.#maxBytes);
    this.#dropped = before;
    this.#onDrop = onDrop;
  }

  /** The sequence of the last change that is not there any more, or never was. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The sequence of the newest change. */
  get last(): number {
    return this.#dropped + this.#records.count;
  }

  /**
   * Adds the newest change, and drops the oldest if they are too many; all of them and that one, too, if it is too large,
   * or if there is no memory for it.
   */
  push(recorded: Recorded, change: FeedChange): void {
    if (this.#keep(recorded, change)) return;
    this.clear();
    this.#dropped++;
    this.#onDrop(recorded, this.#dropped);
  }

  /** Leaves out a sequence. */
  skip(): void {
    this.#add(undefined, NOTHING);
  }

  /** What the change of a sequence is of; `undefined` if it has been dropped or left out, or has not come yet. */
  recordedAt(sequence: number): Recorded | undefined {
    const index = sequence - this.#dropped - 1;
    return index < 0 || index >= this.#records.count ? undefined : this.#records.tagAt(index);
  }

  /** The change of a sequence; `undefined` as of {@link recordedAt}. Its bytes are its own. */
  at(sequence: number): FeedChange | undefined {
    const recorded = this.recordedAt(sequence);
    if (recorded === undefined) return undefined;
    const bytes = this.#records.at(sequence - this.#dropped - 1);
    return decode(recorded.table, bytes);
  }

  /** Drops all. */
  clear(): void {
    while (this.#records.count > 0) this.#drop();
    this.#records.clear();
  }

  /** @returns whether it is there. */
  #keep(recorded: Recorded, change: FeedChange): boolean {
    // What is far too large need not be encoded to be told.
    if (leastBytesOf(change) > this.#maxBytes) return false;
    try {
      const bytes = encodedChange(change);
      if (bytes.length > this.#maxBytes) return false;
      this.#add(recorded, bytes);
      return true;
    } catch {
      return false;
    }
  }

  #add(recorded: Recorded | undefined, bytes: Uint8Array): void {
    const records = this.#records;
    while (records.count > 0 && records.used + bytes.length > this.#maxBytes) this.#drop();
    records.push(recorded, bytes);
    while (records.count > this.#maxChanges) this.#drop();
  }

  #drop(): void {
    const recorded = this.#records.shift();
    this.#dropped++;
    if (recorded !== undefined) this.#onDrop(recorded, this.#dropped);
  }
}

function decode(table: string, bytes: Uint8Array): FeedChange {
  const { change } = straightLineCodec.decodeResponse(bytes, 0, bytes.length);
  const { key, cause, value, old, oldKnown, position } = change as ChangeMessage;
  return {
    position: positionFromMessage(position),
    table,
    key,
    cause: cause as ChangeCause,
    value: valueFromMessage(value) ?? undefined,
    old: valueFromMessage(old) ?? undefined,
    oldKnown,
  };
}
