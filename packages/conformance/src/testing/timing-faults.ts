import { KvError, type Value, type WriteOp } from '@kv/core';
import { type Fault, fault } from './fault.js';
import { ModelStorage } from './model-storage.js';

/** Calls in the wrong order, or halfway through others. */
export const timingFaults: readonly Fault[] = [
  fault(
    'reads the old value and writes the new one in two steps',
    /^sets of a key|^calls that overlap/,
    class extends ModelStorage {
      override set(table: string, key: string, value: Value): never {
        const old = this.get(table, key);
        return later(() => {
          super.set(table, key, value);
          return old;
        });
      }
    },
  ),
  fault(
    'reads the old value and deletes it in two steps',
    /^of a key that is deleted many times/,
    class extends ModelStorage {
      override del(table: string, key: string): never {
        const old = this.get(table, key);
        return later(() => {
          super.del(table, key);
          return old;
        });
      }
    },
  ),
  fault(
    'reads past writes that are under way',
    /^a read sees the writes|^calls that overlap/,
    class extends ModelStorage {
      override set(table: string, key: string, value: Value): never {
        return later(() => super.set(table, key, value));
      }
    },
  ),
  fault(
    'lets reads see half of a write',
    /^getMany and getAll never see half|^calls that overlap/,
    class extends ModelStorage {
      override write(table: string, ops: readonly WriteOp[]): never {
        const old = ops.map((op) => this.get(table, op.key));
        const [first] = ops;
        if (first !== undefined) super.apply(table, first);
        return later(() => {
          for (const op of ops.slice(1)) super.apply(table, op);
          return old;
        });
      }
    },
  ),
  fault(
    'answers misses when it is closed',
    /fails with UNAVAILABLE after close/,
    class extends ModelStorage {
      override close(): void {
        this.tables.clear();
      }
    },
  ),
  fault(
    'fails with another error when it is closed',
    /fails with UNAVAILABLE after close/,
    class extends ModelStorage {
      override entries(table: string): Map<string, Value> {
        if (this.closed) throw new TypeError('Cannot read properties of null');
        return super.entries(table);
      }
    },
  ),
  fault(
    'looks whether it is closed only if there is something to find',
    /^a storage in which nothing was ever stored/,
    class extends ModelStorage {
      override entries(table: string): Map<string, Value> {
        return this.tables.size === 0 ? new Map() : super.entries(table);
      }
    },
  ),
  fault(
    'goes on answering until it is closed altogether',
    /while close is under way/,
    class extends ModelStorage {
      override async close(): Promise<void> {
        await undefined;
        super.close();
      }
    },
  ),
  fault(
    'drops what is under way when it is closed',
    /^calls that were made before close/,
    class extends ModelStorage {
      override set(table: string, key: string, value: Value): never {
        return later(() => {
          if (this.closed) throw new KvError('UNAVAILABLE', 'The storage is closed');
          return super.set(table, key, value);
        });
      }
    },
  ),
];

/** A promise, for methods of a class that is declared to answer at once. */
function later(call: () => unknown): never {
  return Promise.resolve().then(call) as never;
}
