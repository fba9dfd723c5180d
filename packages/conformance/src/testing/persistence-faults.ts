import type { Value, WriteOp } from '@kv/core';
import { type Fault, fault } from './fault.js';
import { ModelStorage } from './model-storage.js';

type Tables = Map<string, Map<string, Value>>;

/** Data that is lost, changed or back again when it is opened again. */
export const persistenceFaults: readonly Fault[] = [
  fault(
    'opens empty again',
    /when the storage is opened again|^writing goes on/,
    class extends ModelStorage {
      override successor(): ModelStorage {
        return new ModelStorage();
      }
    },
  ),
  fault(
    'writes values down as text',
    /^every kind of value is there/,
    class extends ModelStorage {
      override successor(tables: Tables): ModelStorage {
        return new ModelStorage(mapEntries(tables, ([key, value]) => [key, String(value)]));
      }
    },
  ),
  fault(
    'writes names down up to their first NUL',
    /^awkward tables and keys/,
    class extends ModelStorage {
      override successor(tables: Tables): ModelStorage {
        return new ModelStorage(
          mapEntries(tables, ([key, value]) => [`${key.split('\0')[0]}`, value]),
        );
      }
    },
  ),
  fault(
    'writes down no deletions',
    /^what was replaced or deleted/,
    class extends ModelStorage {
      readonly #deleted: [table: string, key: string, value: Value][] = [];

      override apply(table: string, op: WriteOp): Value | undefined {
        const old = super.apply(table, op);
        if (op.op === 'delete' && old !== undefined) this.#deleted.push([table, op.key, old]);
        return old;
      }

      override successor(tables: Tables): ModelStorage {
        const next = new ModelStorage(tables);
        for (const deleted of this.#deleted) next.set(...deleted);
        return next;
      }
    },
  ),
];

function mapEntries(tables: Tables, change: (entry: [string, Value]) => [string, Value]): Tables {
  return new Map([...tables].map(([table, entries]) => [table, new Map([...entries].map(change))]));
}
