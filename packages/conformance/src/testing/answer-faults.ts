import type { Entry, StorageCapabilities, Value, WriteOp } from '@kv/core';
import { type Fault, fault } from './fault.js';
import { ModelStorage } from './model-storage.js';

/** Wrong answers to plain questions. */
export const answerFaults: readonly Fault[] = [
  fault(
    'declares nothing',
    /declares/,
    class extends ModelStorage {
      override readonly capabilities = {} as StorageCapabilities & ModelStorage['capabilities'];
    },
  ),
  fault(
    'answers null for a miss',
    /^get answers|^what objects inherit/,
    class extends ModelStorage {
      override get(table: string, key: string): Value | undefined {
        return super.get(table, key) ?? (null as unknown as undefined);
      }
    },
  ),
  fault(
    'takes what is falsy for a miss',
    /^(the empty text|the integer 0|the float 0|the float -0|NaN|false) comes back/,
    class extends ModelStorage {
      override get(table: string, key: string): Value | undefined {
        return super.get(table, key) || undefined;
      }
    },
  ),
  fault(
    'answers from contains whether there is such a table',
    /^contains answers|^reading creates/,
    class extends ModelStorage {
      override contains(table: string): boolean {
        return this.entries(table).size > 0;
      }
    },
  ),
  fault(
    'leaves misses out of getMany',
    /^getMany answers|^a table is gone when a write/,
    class extends ModelStorage {
      override getMany(table: string, keys: readonly string[]): (Value | undefined)[] {
        return super.getMany(table, keys).filter((value) => value !== undefined);
      }
    },
  ),
  fault(
    'answers getMany in the order of the table',
    /^getMany answers/,
    class extends ModelStorage {
      override getMany(table: string, keys: readonly string[]): (Value | undefined)[] {
        return super.getMany(table, [...keys].sort());
      }
    },
  ),
  fault(
    'takes no keys for all keys',
    /^getMany of no keys/,
    class extends ModelStorage {
      override getMany(table: string, keys: readonly string[]): (Value | undefined)[] {
        return super.getMany(table, keys.length > 0 ? keys : [...this.entries(table).keys()]);
      }
    },
  ),
  fault(
    'answers from set the value that was set',
    /^set answers|^sets of a key/,
    class extends ModelStorage {
      override set(table: string, key: string, value: Value): Value | undefined {
        super.set(table, key, value);
        return value;
      }
    },
  ),
  fault(
    'deletes nothing',
    /^del deletes|^a table is gone with|^an iteration that deletes/,
    class extends ModelStorage {
      override del(table: string, key: string): Value | undefined {
        return this.get(table, key);
      }
    },
  ),
  fault(
    'answers from del whether there was such a key',
    /^del of what is not there|^of a key that is deleted many times/,
    class extends ModelStorage {
      override del(table: string, key: string): Value | undefined {
        return super.del(table, key) !== undefined;
      }
    },
  ),
  fault(
    'gives all tables as one',
    /^getAll and getIter give every entry of the table/,
    class extends ModelStorage {
      override getAll(): Entry[] {
        return [...this.tables.values()].flatMap((entries) => [...entries]);
      }
    },
  ),
  fault(
    'gives a page of a table for the whole',
    /^getAll and getIter give every entry of a table of thousands/,
    class extends ModelStorage {
      override getAll(table: string): Entry[] {
        return super.getAll(table).slice(0, 1_000);
      }
    },
  ),
  fault(
    'fails for a table that is not there',
    /^a table that is not there/,
    class extends ModelStorage {
      override getAll(table: string): Entry[] {
        return super.getAll(table).length === 0 ? ([undefined] as never) : super.getAll(table);
      }
    },
  ),
  fault(
    'stores an empty value for what is asked after',
    /^reading creates nothing/,
    class extends ModelStorage {
      override getMany(table: string, keys: readonly string[]): (Value | undefined)[] {
        const values = super.getMany(table, keys);
        for (const key of keys) if (!this.contains(table, key)) this.set(table, key, '');
        return values;
      }
    },
  ),
  fault(
    'leaves the last key of a table',
    /^a table is gone with|^a table is gone when a write/,
    class extends ModelStorage {
      override apply(table: string, op: WriteOp): Value | undefined {
        const last = this.entries(table).size === 1;
        return op.op === 'delete' && last ? this.get(table, op.key) : super.apply(table, op);
      }
    },
  ),
  fault(
    'takes all tables for one',
    /^the same key in two tables|^write changes no other table|^awkward names are tables/,
    class extends ModelStorage {
      override entries(): Map<string, Value> {
        return super.entries('');
      }

      override apply(_: string, op: WriteOp): Value | undefined {
        return super.apply('', op);
      }
    },
  ),
];
