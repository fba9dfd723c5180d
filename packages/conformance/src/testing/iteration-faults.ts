import { type Entry, KvError, type Value, type WriteOp } from '@kv/core';
import { type Fault, fault } from './fault.js';
import { ModelStorage } from './model-storage.js';

/** Iterations that lose entries, repeat them, or do not end. */
export const iterationFaults: readonly Fault[] = [
  fault(
    'goes over the live table',
    /^an entry that is there throughout|sets each entry anew|each step adds a key|as it was at its beginning/,
    class extends ModelStorage {
      override *getIter(table: string): Generator<Entry, void, undefined> {
        yield* this.entries(table);
      }
    },
  ),
  fault(
    'begins each page with the entry that ended the one before',
    /^an entry that is there throughout|^getAll and getIter give every entry of the table/,
    class extends ModelStorage {
      override *getIter(table: string): Generator<Entry, void, undefined> {
        const entries = this.getAll(table);
        for (let i = 0; i < entries.length; i += 9) yield* entries.slice(i, i + 10);
      }
    },
  ),
  fault(
    'shows an entry again that was set meanwhile',
    /^an entry that is there throughout|sets each entry anew/,
    class extends ModelStorage {
      readonly #written: string[] = [];

      override *getIter(table: string): Generator<Entry, void, undefined> {
        this.#written.length = 0;
        yield* this.getAll(table);
        for (const key of this.#written.splice(0, 100)) yield [key, this.get(table, key) ?? ''];
      }

      override apply(table: string, op: WriteOp): Value | undefined {
        this.#written.push(op.key);
        return super.apply(table, op);
      }
    },
  ),
  fault(
    'goes by position',
    /^an iteration that deletes each entry/,
    class extends ModelStorage {
      override *getIter(table: string): Generator<Entry, void, undefined> {
        for (let i = 0; ; i++) {
          const entry = this.getAll(table)[i];
          if (entry === undefined) return;
          yield entry;
        }
      }
    },
  ),
  fault(
    'goes over the keys of the beginning, with whatever value they have',
    /table is emptied meanwhile/,
    class extends ModelStorage {
      override *getIter(table: string): Generator<Entry, void, undefined> {
        for (const key of [...this.entries(table).keys()]) {
          yield [key, this.get(table, key) as Value];
        }
      }
    },
  ),
  fault(
    'goes over the keys of the beginning, and says that it shows a snapshot',
    /as it was at its beginning/,
    class extends ModelStorage {
      override *getIter(table: string): Generator<Entry, void, undefined> {
        for (const key of [...this.entries(table).keys()]) {
          const value = this.get(table, key);
          if (value !== undefined) yield [key, value];
        }
      }
    },
  ),
  fault(
    'has one cursor for all iterations',
    /^two iterations at once/,
    class extends ModelStorage {
      #cursor: Generator<Entry, void, undefined> | undefined;

      override *getIter(table: string): Generator<Entry, void, undefined> {
        const cursor = this.#cursor ?? super.getIter(table);
        this.#cursor = cursor;
        for (let step = cursor.next(); !step.done; step = cursor.next()) yield step.value;
        this.#cursor = undefined;
      }
    },
  ),
  fault(
    'holds a lock for an iteration that is left early',
    /^iterations that are left early/,
    class extends ModelStorage {
      #iterations = 0;

      override *getIter(table: string): Generator<Entry, void, undefined> {
        this.#iterations++;
        yield* super.getIter(table);
        this.#iterations--;
      }

      override apply(table: string, op: WriteOp): Value | undefined {
        if (this.#iterations > 0) throw new KvError('STORAGE_FAILURE', 'The table is locked');
        return super.apply(table, op);
      }
    },
  ),
  fault(
    'orders by UTF-16',
    /^getIter and getAll go by the UTF-8/,
    class extends ModelStorage {
      override getAll(table: string): Entry[] {
        return super.getAll(table).sort(([a], [b]) => (a < b ? -1 : 1));
      }
    },
  ),
];
