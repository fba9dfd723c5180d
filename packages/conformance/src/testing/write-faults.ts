import { checkOps, KvError, type Value, type WriteOp } from '@kv/core';
import { type Fault, fault } from './fault.js';
import { ModelStorage } from './model-storage.js';

/** A `write` that is not the one of the contract. */
export const writeFaults: readonly Fault[] = [
  fault(
    'answers the new values of a write',
    /^write applies|^write of one op|^write takes thousands/,
    class extends ModelStorage {
      override write(table: string, ops: readonly WriteOp[]): (Value | undefined)[] {
        super.write(table, ops);
        return ops.map((op) => this.get(table, op.key));
      }
    },
  ),
  fault(
    'answers the values from before the whole write',
    /^each op of a write sees/,
    class extends ModelStorage {
      override write(table: string, ops: readonly WriteOp[]): (Value | undefined)[] {
        const old = ops.map((op) => this.get(table, op.key));
        super.write(table, ops);
        return old;
      }
    },
  ),
  fault(
    'takes a write of no ops for the end of the table',
    /^write of no ops/,
    class extends ModelStorage {
      override write(table: string, ops: readonly WriteOp[]): (Value | undefined)[] {
        const old = super.write(table, ops);
        if (ops.length === 0) this.tables.delete(table);
        return old;
      }
    },
  ),
  fault(
    'applies a page of a write for the whole',
    /^write takes thousands/,
    class extends ModelStorage {
      override write(table: string, ops: readonly WriteOp[]): (Value | undefined)[] {
        super.write(table, ops.slice(0, 1_000));
        return ops.map(() => undefined);
      }
    },
  ),
  fault(
    'passes over ops that it does not know',
    /^an (unknown op|op that looks|op that every object).* is refused/,
    class extends ModelStorage {
      override write(table: string, ops: readonly WriteOp[]): (Value | undefined)[] {
        return super.write(
          table,
          ops.filter(({ op }) => op === 'set' || op === 'delete'),
        );
      }
    },
  ),
  fault(
    'passes over fields that it does not know',
    /^a (set|delete) with an unknown field is refused/,
    class extends ModelStorage {
      override write(table: string, ops: readonly WriteOp[]): (Value | undefined)[] {
        return super.write(
          table,
          ops.map(({ op, key, ...rest }) =>
            op === 'set' && 'value' in rest
              ? { op, key, value: rest.value }
              : { op: 'delete', key },
          ),
        );
      }
    },
  ),
  fault(
    'refuses what it does not know when it has applied what stands before it',
    /is refused with UNSUPPORTED/,
    class extends ModelStorage {
      override write(table: string, ops: readonly WriteOp[]): (Value | undefined)[] {
        return ops.flatMap((op) => super.write(table, [op]));
      }
    },
  ),
  fault(
    'refuses with another code',
    /is refused with UNSUPPORTED/,
    class extends ModelStorage {
      override write(table: string, ops: readonly WriteOp[]): (Value | undefined)[] {
        try {
          checkOps(ops);
        } catch (cause) {
          throw new KvError('INVALID_COMMAND', 'No such op', { cause });
        }
        return super.write(table, ops);
      }
    },
  ),
];
