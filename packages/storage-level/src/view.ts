import type { Value } from '@kv/protocol';
import { type Change, type DatabaseRecord, valueIn } from './record.js';

/** The record of an entry, of which it has been made sure that it is the right one. */
export type ReadRecord = (place: string) => DatabaseRecord | undefined;

/** The database as it will be when the changes so far have been written to it. */
export class View {
  readonly #base: ReadRecord;
  readonly #changes = new Map<string, Change>();

  constructor(base: ReadRecord) {
    this.#base = base;
  }

  /** What is to be written: the last change of each entry. */
  get changes(): ReadonlyMap<string, Change> {
    return this.#changes;
  }

  /** @throws {KvError} `STORAGE_FAILURE` if it cannot be read. */
  get(place: string): DatabaseRecord | undefined {
    const change = this.#changes.get(place);
    return change === undefined ? this.#base(place) : change.record;
  }

  /** Makes a change, and answers the value that was there; throws if that cannot be told, and changes nothing. */
  apply(change: Change): Value | undefined {
    const old = valueIn(this.get(change.place));
    // To delete what is not there is no change.
    if (old !== undefined || change.record !== undefined) this.#changes.set(change.place, change);
    return old;
  }

  /** The same with several, one after the other: all or none. */
  applyAll(changes: readonly Change[]): (Value | undefined)[] {
    const after = new View((place) => this.get(place));
    const old = changes.map((change) => after.apply(change));
    for (const [place, change] of after.#changes) this.#changes.set(place, change);
    return old;
  }
}
