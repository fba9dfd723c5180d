import type { KvError, Value } from '@kv/protocol';
import type { Environment, PlacedChange } from './environment.js';
import { readValue } from './record.js';

/** More than these, and those who only come by would wait while a batch is handed to the driver. */
const MAX_CHANGES = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** What changes are committed to, and read from when they are. */
export type Committed = Pick<Environment, 'get' | 'commit'>;

/** Who is to be told that a batch is settled. */
export interface Waiting {
  /**
   * Never throws.
   *
   * @param failure why nothing of the batch has taken effect; `undefined` if it is committed.
   */
  settle(failure: KvError | undefined): void;
}

/** A change of a key that was called, and is not known to be committed. */
export class Change implements PlacedChange, Waiting {
  readonly table: string;
  readonly key: string;
  readonly record: Buffer | undefined;
  readonly batch: Batch;
  /** What it replaces; not before the batch is committed, if there is a `previous`. */
  old: Value | undefined;
  /** The change of the key before this one, if that was not committed when this one was called. */
  previous: Change | undefined;
  /** Another one of the same batch comes after it. */
  superseded = false;
  #resolve: ((old: Value | undefined) => void) | undefined;
  #reject: ((failure: KvError) => void) | undefined;

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

  /** What it has replaced, when the batch is settled. */
  answered(): Promise<Value | undefined> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.batch.wait(this);
    });
  }

  settle(failure: KvError | undefined): void {
    if (failure === undefined) this.#resolve?.(this.old);
    else this.#reject?.(failure);
  }
}

/** Changes that are committed together, and who waits for that. */
export class Batch {
  readonly changes: Change[] = [];
  /** Nothing is added any more. */
  sealed = false;
  readonly #waiting: Waiting[] = [];
  #bytes = 0;

  /** Adds the newest change of a key. */
  add(change: Change): void {
    if (change.previous?.batch === this) change.previous.superseded = true;
    this.changes.push(change);
    this.#bytes += change.record?.length ?? 0;
    if (this.changes.length >= MAX_CHANGES || this.#bytes >= MAX_BYTES) this.sealed = true;
  }

  /** Has somebody told when it is settled: before the next one is begun, and in the order of these calls. */
  wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
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
    for (const waiting of this.#waiting) waiting.settle(failure);
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
