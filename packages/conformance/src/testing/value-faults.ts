import type { Entry, Value, WriteOp } from '@kv/core';
import { type Fault, fault } from './fault.js';
import { ModelStorage } from './model-storage.js';

/** Stores something else than what it was given. */
abstract class Changing extends ModelStorage {
  protected abstract change(value: Value): Value;

  override apply(table: string, op: WriteOp): Value | undefined {
    if (op.op === 'delete') return super.apply(table, op);
    return super.apply(table, { ...op, value: this.change(op.value) });
  }
}

/** Values that are lost or changed, and bytes that are shared. */
export const valueFaults: readonly Fault[] = [
  fault(
    'stores everything as text',
    /^(no bytes|every byte|bytes that are|.*KiB of bytes|the integer|an integer|the largest|the smallest|the float|a float|NaN|Infinity|-Infinity|true|false|each of 1n).*(comes back|is no other)/,
    class extends Changing {
      override change(value: Value): Value {
        return String(value);
      }
    },
  ),
  fault(
    'stores text as bytes',
    /^(text|the empty text|100 KiB of text).*comes back/,
    class extends Changing {
      override change(value: Value): Value {
        return typeof value === 'string' ? new TextEncoder().encode(value) : value;
      }
    },
  ),
  fault(
    'stores JSON',
    /^(NaN|Infinity|the float -0|every byte) comes back/,
    class extends Changing {
      override change(value: Value): Value {
        return typeof value === 'bigint' ? value : JSON.parse(JSON.stringify(value));
      }
    },
  ),
  fault(
    'stores integers as doubles',
    /^(an integer beyond|the largest integer) /,
    class extends Changing {
      override change(value: Value): Value {
        return typeof value === 'bigint' ? BigInt(Number(value)) : value;
      }
    },
  ),
  fault(
    'strips byte order marks',
    /^text with a byte order mark/,
    class extends Changing {
      override change(value: Value): Value {
        return typeof value === 'string' ? value.replace(/^\ufeff/, '') : value;
      }
    },
  ),
  fault(
    'stores all of the buffer that is in view',
    /^of a view into a larger buffer/,
    class extends Changing {
      override change(value: Value): Value {
        return value instanceof Uint8Array ? new Uint8Array(value.buffer) : value;
      }
    },
  ),
  fault(
    'answers Buffers',
    /^a Buffer that is stored|^every byte comes back/,
    class extends ModelStorage {
      override get(table: string, key: string): Value | undefined {
        const value = super.get(table, key);
        return value instanceof Uint8Array ? Buffer.from(value) : value;
      }
    },
  ),
  fault(
    'stores the array of the caller',
    /^bytes that are written over once|^bytes that are written over right/,
    class extends ModelStorage {
      override apply(table: string, op: WriteOp): Value | undefined {
        const old = super.apply(table, op);
        if (op.op === 'set') this.entries(table).set(op.key, op.value);
        return old;
      }
    },
  ),
  fault(
    'copies the array of the caller when its turn has come',
    /^bytes that are written over right/,
    class extends ModelStorage {
      override set(...args: [string, string, Value]): never {
        return Promise.resolve().then(() => super.set(...args)) as never;
      }
    },
  ),
  fault(
    'answers from get the array that it stores',
    /^bytes that get answered/,
    class extends ModelStorage {
      override get(table: string, key: string): Value | undefined {
        return this.entries(table).get(key);
      }
    },
  ),
  fault(
    'answers from getMany the arrays that it stores',
    /^bytes that getMany answered/,
    class extends ModelStorage {
      override getMany(table: string, keys: readonly string[]): (Value | undefined)[] {
        return keys.map((key) => this.entries(table).get(key));
      }
    },
  ),
  fault(
    'answers from getAll the arrays that it stores',
    /^bytes that getAll answered/,
    class extends ModelStorage {
      override getAll(table: string): Entry[] {
        return [...this.entries(table)];
      }
    },
  ),
  fault(
    'shows in getIter the arrays that it stores',
    /^bytes that getIter answered/,
    class extends ModelStorage {
      override *getIter(table: string): Generator<Entry, void, undefined> {
        yield* this.entries(table);
      }
    },
  ),
  fault(
    'writes new bytes over those that it has answered',
    /^bytes that were answered stay/,
    class extends ModelStorage {
      override get(table: string, key: string): Value | undefined {
        return this.entries(table).get(key);
      }

      override apply(table: string, op: WriteOp): Value | undefined {
        const stored = this.entries(table).get(op.key);
        const old = super.apply(table, op);
        if (op.op === 'set' && stored instanceof Uint8Array && op.value instanceof Uint8Array) {
          const copy = stored.slice();
          stored.set(op.value.subarray(0, stored.length));
          this.entries(table).set(op.key, stored);
          return copy;
        }
        return old;
      }
    },
  ),
];
