import type { KvError, Value } from '@kv/protocol';
import type { Environment, PlacedChange } from './environment.js';
import { readValue } from './record.js';

/** More than these, and those who only come by would wait while a batch is handed to the driver. */
const MAX_CHANGES = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** What changes are committed to, and read from when they are. */
export type Committed = Pick<Environment, 'get' | 'commit'>;

/** A change of a key that was called, and is not known to be committed. */
export class Change implements PlacedChange {
  readonly table: string;
  readonly key: string;
  readonly record: Buffer | undefined;
  readonly batch: Batch;
  /** What it replaces; once the batch is prepared, if there is a `previous`. */
  old: Value | undefined;
  /** The change of the key before this one, if that was not committed when this one was called. */
  previous: Change | undefined;
  /** Another one of the same batch comes after it. */
  superseded = false;

  constructor(batch: Batch, table: string, key: string, record: Buffer | undefined) {
    this.batch = batch;
    this.table = table;
    this.key = key;
    this.record = record;
  }

  /** What it leaves. */
  get value(): Value | undefined {
    return this.record && readValue(this.record);
  }
}

/** Changes that are committed together, and who waits for that. */
export class Batch {
  readonly changes: Change[] = [];
  /** Nothing is added any more. */
  sealed = false;
  readonly #waiting: ((failure: KvError | undefined) => void)[] = [];
  #bytes = 0;

  /** Adds the newest change of a key; `previous` is the one before it, if that is not committed. */
  add(change: Change, previous: Change | undefined): void {
    change.previous = previous;
    if (previous?.batch === this) previous.superseded = true;
    this.changes.push(change);
    this.#bytes += change.record?.length ?? 0;
    if (this.changes.length >= MAX_CHANGES || this.#bytes >= MAX_BYTES) this.sealed = true;
  }

  /**
   * Calls `listener` when the batch is committed, or has failed and changed nothing: before the next is begun, and
   * in the order in which they were added.
   */
  onSettled(listener: (failure: KvError | undefined) => void): void {
    this.#waiting.push(listener);
  }

  /**
   * Commits it. No other may be under way.
   *
   * @throws {KvError} `STORAGE_FAILURE` if nothing of it has taken effect.
   */
  async commit(committed: Committed): Promise<void> {
    this.sealed = true;
    for (const change of this.changes) this.#findOld(change, committed);
    await committed.commit(this.changes.filter(({ superseded }) => !superseded));
  }

  settle(failure: KvError | undefined): void {
    for (const listener of this.#waiting) listener(failure);
  }

  /** What the batches before this one have left is known only now: one of them may have failed. */
  #findOld(change: Change, committed: Committed): void {
    const { previous, table, key } = change;
    if (previous === undefined) return;
    change.old = previous.batch === this ? previous.value : committed.get(table, key);
    // Or all changes of the key there ever were would be kept.
    change.previous = undefined;
  }
}
