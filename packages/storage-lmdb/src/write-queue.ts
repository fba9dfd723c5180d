import type { WriteOp } from '@kv/core';
import { type Awaitable, ByteWriter, Fifo, type KvError, type Value } from '@kv/protocol';
import { Batch, Change, type Committed } from './batch.js';
import { PendingChanges } from './pending-changes.js';
import { tailOf } from './place.js';
import { encodeRecord } from './record.js';

/**
 * Changes on their way into LMDB. What is called while a commit is under way is committed next, together. Only
 * committed state is ever read and answered: whoever asks for a key with a change under way is answered when
 * that is settled, with what it left, and not with what was called later.
 */
export class WriteQueue {
  readonly #committed: Committed;
  readonly #pending = new PendingChanges();
  /** Those that have not begun, oldest first. */
  readonly #batches = new Fifo<Batch>();
  /** The newest of them. */
  #filling = new Batch();
  readonly #out = new ByteWriter();
  #busy = false;
  #onIdle: (() => void) | undefined;
  #waiting = 0;
  #commits = 0;
  #failures = 0;

  constructor(committed: Committed) {
    this.#committed = committed;
    this.#filling.sealed = true;
  }

  /** Changes that are not settled. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Commits that succeeded. */
  get commits(): number {
    return this.#commits;
  }

  /** Commits that failed. */
  get failures(): number {
    return this.#failures;
  }

  /** The newest change of a key that is not settled. */
  pending(table: string, key: string): Change | undefined {
    return this.#pending.of(table, key);
  }

  /** Stores a value and answers the one it replaced. */
  set(table: string, key: string, value: Value): Promise<Value | undefined> {
    const record = this.#encode(table, key, value);
    const old = this.#replaced(table, key);
    return this.#add(this.#open(), table, key, record, old).answered();
  }

  /** Deletes a key and answers its value. */
  del(table: string, key: string): Awaitable<Value | undefined> {
    const old = this.#replaced(table, key);
    // What is not there, and will not be, needs no commit.
    if (old === undefined && this.pending(table, key) === undefined) return undefined;
    return this.#add(this.#open(), table, key, undefined, old).answered();
  }

  /** Applies all ops or none; see `Storage.write`. */
  write(table: string, ops: readonly WriteOp[]): Promise<(Value | undefined)[]> {
    // All that can fail comes first.
    const records = ops.map((op) =>
      op.op === 'set' ? this.#encode(table, op.key, op.value) : undefined,
    );
    const old = ops.map(({ key }) => this.#replaced(table, key));
    const batch = this.#open();
    const changes = ops.map(({ key }, i) => this.#add(batch, table, key, records[i], old[i]));
    return answered(batch, (failure) => {
      if (failure !== undefined) throw failure;
      return changes.map((change) => change.old);
    });
  }

  /** What a change has left, when it is settled: if it failed, what was there before. */
  valueOf(change: Change): Promise<Value | undefined> {
    return answered(change.batch, (failure) =>
      failure === undefined ? change.value : this.#committed.get(change.table, change.key),
    );
  }

  /** Reads all of a table when the changes of it that were called are settled, and none that comes later. */
  read<T>(table: string, read: () => T): Awaitable<T> {
    const batch = this.#pending.newestBatch(table);
    if (batch === undefined) return read();
    batch.sealed = true;
    return answered(batch, read);
  }

  /** Waits until all changes that were called are settled. */
  async drain(): Promise<void> {
    if (!this.#busy) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #encode(table: string, key: string, value: Value): Buffer {
    return encodeRecord(value, tailOf(table, key), this.#out);
  }

  /** What is to be replaced; if there is a change of the key under way, that is known when it is settled. */
  #replaced(table: string, key: string): Value | undefined {
    return this.pending(table, key) === undefined ? this.#committed.get(table, key) : undefined;
  }

  #add(
    batch: Batch,
    table: string,
    key: string,
    record: Buffer | undefined,
    old: Value | undefined,
  ): Change {
    const change = new Change(batch, table, key, record);
    change.old = old;
    change.previous = this.pending(table, key);
    batch.add(change);
    this.#pending.add(change);
    this.#waiting++;
    return change;
  }

  /** The batch to which changes are added. */
  #open(): Batch {
    if (this.#filling.sealed) {
      this.#filling = new Batch();
      this.#batches.push(this.#filling);
    }
    if (!this.#busy) {
      this.#busy = true;
      this.#schedule();
    }
    return this.#filling;
  }

  /** Not at once: what else comes in this turn of the event loop is committed with it. */
  #schedule(): void {
    setImmediate(() => void this.#commitNext());
  }

  async #commitNext(): Promise<void> {
    const batch = this.#batches.shift() as Batch;
    const failure = await this.#commit(batch);
    for (const change of batch.changes) this.#pending.delete(change);
    this.#waiting -= batch.changes.length;
    batch.settle(failure);
    if (this.#batches.length > 0) {
      this.#schedule();
    } else {
      this.#busy = false;
      this.#onIdle?.();
    }
  }

  async #commit(batch: Batch): Promise<KvError | undefined> {
    try {
      await batch.commit(this.#committed);
      this.#commits++;
      return undefined;
    } catch (error) {
      this.#failures++;
      return error as KvError;
    }
  }
}

/** What `answer` returns or throws when a batch is settled. */
function answered<T>(batch: Batch, answer: (failure: KvError | undefined) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    batch.wait({
      settle(failure) {
        try {
          resolve(answer(failure));
        } catch (error) {
          reject(error);
        }
      },
    });
  });
}
