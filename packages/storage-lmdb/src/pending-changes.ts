import type { Batch, Change } from './batch.js';

interface PendingTable {
  /** The newest change of each key. */
  readonly changes: Map<string, Change>;
  /** The batch of the newest of all. */
  newest: Batch;
}

/** The changes that are not known to be committed, by where they are. */
export class PendingChanges {
  readonly #tables = new Map<string, PendingTable>();

  /** The newest change of a key; `undefined` if what is committed is what was called. */
  of(table: string, key: string): Change | undefined {
    // Mostly, nothing is being written.
    if (this.#tables.size === 0) return undefined;
    return this.#tables.get(table)?.changes.get(key);
  }

  /** The batch of the newest change of a table. */
  newestBatch(table: string): Batch | undefined {
    return this.#tables.get(table)?.newest;
  }

  add(change: Change): void {
    const { table, key, batch } = change;
    const pending = this.#tables.get(table);
    if (pending === undefined) {
      this.#tables.set(table, { changes: new Map([[key, change]]), newest: batch });
    } else {
      pending.changes.set(key, change);
      pending.newest = batch;
    }
  }

  /** Forgets a change which is settled. */
  delete(change: Change): void {
    const { table, key } = change;
    const pending = this.#tables.get(table);
    if (pending?.changes.get(key) !== change) return;
    pending.changes.delete(key);
    if (pending.changes.size === 0) this.#tables.delete(table);
  }
}
