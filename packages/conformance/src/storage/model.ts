import type { Entry, Storage, Value, WriteOp } from '@kv/core';
import { expect } from 'vitest';
import { Random } from '../random.js';
import { sorted } from './entries.js';

const KEYS = ['a', 'b', 'c', 'aa', '__proto__'] as const;
const BURSTS = 20;
const LARGEST_BURST = 30;

/** A call, the same on the storage and on the model, and what to compare of its answer. */
interface Call {
  readonly title: string;
  readonly answer: unknown;
  readonly modelled: unknown;
}

/**
 * Makes bursts of calls that are not waited for, and expects the answers that a `Map` gives when the
 * same calls are made one after the other.
 *
 * @throws an assertion that names the seed and the calls of the burst.
 */
export async function expectModelled(storage: Storage, table: string, seed: number): Promise<void> {
  const random = new Random(seed);
  const model = new Map<string, Value>();
  for (let burst = 0; burst < BURSTS; burst++) {
    const calls = random.list(1 + random.below(LARGEST_BURST), () =>
      randomCall(random, storage, table, model),
    );
    const answers = await Promise.all(calls.map(({ answer }) => answer));
    const story = calls.map(({ title }) => title).join(', ');
    expect(answers, `seed ${seed}, burst ${burst}: ${story}`).toStrictEqual(
      calls.map(({ modelled }) => modelled),
    );
  }
}

function randomCall(
  random: Random,
  storage: Storage,
  table: string,
  model: Map<string, Value>,
): Call {
  const key = random.pick(KEYS);
  const value = randomValue(random);
  const keys = random.list(random.below(4), () => random.pick(KEYS));
  switch (random.below(7)) {
    case 0:
      return {
        title: `get ${key}`,
        answer: storage.get(table, key),
        modelled: model.get(key),
      };
    case 1:
      return {
        title: `contains ${key}`,
        answer: storage.contains(table, key),
        modelled: model.has(key),
      };
    case 2:
      return {
        title: `getMany [${keys}]`,
        answer: storage.getMany(table, keys),
        modelled: keys.map((each) => model.get(each)),
      };
    case 3:
      return {
        title: 'getAll',
        answer: all(storage, table),
        modelled: sorted(model),
      };
    case 4:
      return {
        title: `set ${key}`,
        answer: storage.set(table, key, value),
        modelled: apply(model, { op: 'set', key, value }),
      };
    case 5:
      return {
        title: `del ${key}`,
        answer: storage.del(table, key),
        modelled: apply(model, { op: 'delete', key }),
      };
    default: {
      const ops = random.list(random.below(5), () => randomOp(random));
      return {
        title: `write [${ops.map((op) => `${op.op} ${op.key}`)}]`,
        answer: storage.write(table, ops),
        modelled: ops.map((op) => apply(model, op)),
      };
    }
  }
}

async function all(storage: Storage, table: string): Promise<Entry[]> {
  return sorted(await storage.getAll(table));
}

function apply(model: Map<string, Value>, op: WriteOp): Value | undefined {
  const old = model.get(op.key);
  if (op.op === 'set') model.set(op.key, op.value);
  else model.delete(op.key);
  return old;
}

function randomOp(random: Random): WriteOp {
  const key = random.pick(KEYS);
  if (random.below(3) === 0) return { op: 'delete', key };
  return { op: 'set', key, value: randomValue(random) };
}

function randomValue(random: Random): Value {
  const number = random.below(1_000);
  return random.pick<Value>([
    String(number),
    BigInt(number),
    number,
    number % 2 === 0,
    Uint8Array.of(number, number >> 8),
  ]);
}
