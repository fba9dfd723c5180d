import { type Entry, MemoryStorage, type Storage, type Value, type WriteOp } from '@kv/core';
import fc from 'fast-check';
import { MemoryLevel } from 'memory-level';
import { describe, expect, it } from 'vitest';
import type { LevelDatabase } from './level-database.js';
import { LevelStorage } from './level-storage.js';
import { LiveLevel } from './testing/live-level.js';
import { TestLevel } from './testing/test-level.js';

const table = fc.constantFrom('t', 't\0', 'Tür');
const key = fc.constantFrom('a', 'b', '\0', 'ab', '__proto__', '\uffff', '😀');
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 5 }),
  fc.uint8Array({ maxLength: 5 }),
  fc.bigInt({ min: -5n, max: 5n }),
  fc.double(),
  fc.boolean(),
);
const op: fc.Arbitrary<WriteOp> = fc.oneof(
  fc.record({ op: fc.constant('set' as const), key, value }),
  fc.record({ op: fc.constant('delete' as const), key }),
);

/** Calls something, of a storage or of the model, and answers what came of it in a form to compare. */
type Call = (storage: Storage) => unknown;

const ANY = { position: undefined, prefix: '', limit: Infinity, maxBytes: Infinity };

const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(table, key, value).map(
      (args): Call =>
        (s) =>
          s.set(...args),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(table, key).map(
      (args): Call =>
        (s) =>
          s.del(...args),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(table, fc.array(op)).map(
      (args): Call =>
        (s) =>
          s.write(...args),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(table, key).map(
      (args): Call =>
        (s) =>
          s.get(...args),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(table, key).map(
      (args): Call =>
        (s) =>
          s.contains(...args),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(table, fc.array(key)).map(
      (args): Call =>
        (s) =>
          s.getMany(...args),
    ),
  },
  {
    weight: 1,
    arbitrary: table.map(
      (name): Call =>
        async (s) =>
          inOrder(await s.getAll(name)),
    ),
  },
  {
    weight: 1,
    arbitrary: table.map(
      (name): Call =>
        async (s) =>
          inOrder((await s.scan(name, ANY)).entries),
    ),
  },
);
/** Calls, and between them places where everything is waited for, and those where the event loop turns. */
const story = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: call },
    { weight: 1, arbitrary: fc.constantFrom('wait' as const, 'turn' as const) },
  ),
  { maxLength: 60, size: 'max' },
);

function inOrder(entries: readonly Entry[]): Entry[] {
  return entries.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

const databases: Readonly<Record<string, (random: () => number) => LevelDatabase>> = {
  'in memory': () => new MemoryLevel(),
  'without getSync': () => new TestLevel({ getSync: false }),
  'that is late and has no snapshots': (random) => new LiveLevel(random),
};

describe.each(Object.entries(databases))('on a database %s', (_, database) => {
  it('calls answer what they would in memory, one by one, however many are under way', async () => {
    await fc.assert(
      fc.asyncProperty(
        story,
        fc.infiniteStream(fc.double({ min: 0, max: 0.99, noNaN: true })),
        async (steps, delays) => {
          const storage = await LevelStorage.on(database(() => delays.next().value ?? 0));
          const model = new MemoryStorage();
          const answers: unknown[] = [];
          const expected: unknown[] = [];
          for (const step of steps) {
            if (step === 'wait') await Promise.all(answers);
            else if (step === 'turn') await new Promise((resolve) => setImmediate(resolve));
            else {
              answers.push(step(storage));
              expected.push(await step(model));
            }
          }
          expect(await Promise.all(answers)).toStrictEqual(expected);
          await storage.close();
        },
      ),
    );
  });
});
