import {
  type Awaitable,
  type CommandRequest,
  commandRequest,
  type Storage,
  type Value,
  valueToMessage,
  type WriteOp,
  whenReady,
} from '@kv/core';
import type { Random } from '../random.js';
import { deleteOp, setOp } from '../storage/entries.js';
import { fingerprint } from './fingerprint.js';
import type { Step } from './history.js';
import { randomValue, type Sizes, SMALL } from './random-value.js';

type Keys = readonly [string, ...string[]];

/** The tables that there may be, and the keys of each. */
export const TABLES: Readonly<Record<'first' | 'few' | 'some' | 'Tür 😀' | 'many' | 'none', Keys>> =
  {
    first: ['call'],
    few: ['a', 'b', 'c'],
    some: ['__proto__', ...numbered(16)],
    'Tür 😀': ['key', 'key ', 'key\0'],
    many: ['key', ...numbered(300)],
    // Nothing is ever written there.
    none: ['key'],
  };

const WRITTEN = ['few', 'some', 'some', 'some', 'Tür 😀', 'many'] as const;

/** A call: what it does, told and done. */
export interface PlannedCall {
  readonly table: string;
  readonly steps: readonly Step[];
  /** Answers a value to each step. */
  make(storage: Storage): Awaitable<readonly (Value | undefined)[]>;
  /** The same as a command, if there is one that a lane may take. */
  readonly request?: CommandRequest;
}

/**
 * The call with which a worker begins. No other writes to its key: should what follows an opening be lost, nothing hides
 * that.
 */
export function firstCall(serial: () => number): PlannedCall {
  return set('first', 'call', BigInt(serial()));
}

/**
 * @param sizes of its values, unless there are many.
 * @param serial gives a number that no other value has.
 */
export function randomCall(random: Random, sizes: Sizes, serial: () => number): PlannedCall {
  const table = random.pick(WRITTEN);
  const keys = TABLES[table];
  const ops = (count: number, of: Sizes): WriteOp[] =>
    random.list(count, () => {
      const key = random.pick(keys);
      if (random.below(3) === 0) return deleteOp(key);
      return setOp([key, randomValue(random, serial(), of)]);
    });
  switch (random.below(20)) {
    case 0:
    case 1:
      return get(table, random.pick(keys));
    case 2:
      return getMany(
        table,
        random.list(random.below(6), () => random.pick(keys)),
      );
    case 3:
    case 4:
    case 5:
      return del(table, random.pick(keys));
    case 6:
    case 7:
    case 8:
      return write(table, ops(2 + random.below(5), sizes));
    case 9:
      return write(table, ops(random.below(2 * keys.length), SMALL));
    case 10:
      return write(table, keys.map(deleteOp));
    default:
      return set(table, random.pick(keys), randomValue(random, serial(), sizes));
  }
}

function get(table: string, key: string): PlannedCall {
  return {
    table,
    steps: [[key]],
    make: (storage) => listed(storage.get(table, key)),
    request: commandRequest('hget', { table, key }),
  };
}

function getMany(table: string, keys: readonly string[]): PlannedCall {
  return {
    table,
    steps: keys.map((key) => [key]),
    make: (storage) => storage.getMany(table, keys),
  };
}

function set(table: string, key: string, value: Value): PlannedCall {
  return {
    table,
    steps: [[key, fingerprint(value)]],
    make: (storage) => listed(storage.set(table, key, value)),
    request: commandRequest('hset', { table, pair: { key, value: valueToMessage(value) } }),
  };
}

function del(table: string, key: string): PlannedCall {
  return {
    table,
    steps: [[key, null]],
    make: (storage) => listed(storage.del(table, key)),
    request: commandRequest('hdel', { table, key }),
  };
}

function write(table: string, ops: readonly WriteOp[]): PlannedCall {
  return {
    table,
    steps: ops.map((op) => [op.key, op.op === 'set' ? fingerprint(op.value) : null]),
    make: (storage) => storage.write(table, ops),
  };
}

function listed(value: Awaitable<Value | undefined>): Awaitable<(Value | undefined)[]> {
  return whenReady(value, (one) => [one]);
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `key${String(i).padStart(4, '0')}`);
}
