import type { Value } from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryStorage } from './memory-storage.js';
import type { WriteOp } from './storage.js';

const set = (key: string, value: Value = 'new'): WriteOp => ({ op: 'set', key, value });
const del = (key: string): WriteOp => ({ op: 'delete', key });

const full = expect.objectContaining({
  code: 'STORAGE_FAILURE',
  message: 'A table can hold no more than 2 entries',
});

/** A storage of at most two entries a table, whose table `t` has both: `a` and `b`. */
function fullStorage(): MemoryStorage {
  const storage = new MemoryStorage({ maxEntriesPerTable: 2 });
  storage.set('t', 'a', 'old a');
  storage.set('t', 'b', 'old b');
  return storage;
}

const FULL: [string, Value][] = [
  ['a', 'old a'],
  ['b', 'old b'],
];

describe('a storage in memory', () => {
  it('declares that it keeps nothing and orders nothing', () => {
    expect(new MemoryStorage().capabilities).toEqual({
      persistent: false,
      ordered: false,
      snapshotIteration: false,
      lane: false,
      feed: false,
    });
  });

  it('answers everything at once', () => {
    const storage = new MemoryStorage();
    expect([
      storage.set('t', 'k', 'v'),
      storage.get('t', 'k'),
      storage.getMany('t', ['k']),
      storage.contains('t', 'k'),
      storage.write('t', [set('k', 1n)]),
      [...storage.getIter('t')],
      storage.getAll('t'),
      storage.del('t', 'k'),
      storage.close(),
    ]).toEqual([undefined, 'v', ['v'], true, ['v'], [['k', 1n]], [['k', 1n]], 1n, undefined]);
  });

  it('gives bytes as a Uint8Array, whatever kind of it they were stored as', () => {
    const storage = new MemoryStorage();
    storage.set('t', 'k', Buffer.of(1, 2));
    expect(storage.get('t', 'k')).toStrictEqual(Uint8Array.of(1, 2));
  });
});

describe('a page', () => {
  it('is the next of the keys in their order, whatever becomes of the key before', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 3 })),
        fc.integer({ min: 1, max: 10 }),
        (keys, limit) => {
          const storage = new MemoryStorage();
          for (const key of keys) storage.set('t', key, true);
          const seen: string[] = [];
          let position: Uint8Array | undefined;
          do {
            const request = { position, prefix: '', limit, maxBytes: Number.POSITIVE_INFINITY };
            const { entries, next } = storage.scan('t', request);
            expect(entries.length).toBe(Math.min(limit, keys.length - seen.length));
            seen.push(...entries.map(([key]) => key));
            storage.del('t', seen.at(-1) ?? '');
            position = next;
          } while (position !== undefined);
          expect(seen).toEqual([...keys].sort());
        },
      ),
    );
  });
});

describe('a table that is full', () => {
  it('takes no new key', () => {
    const storage = fullStorage();
    expect(() => storage.set('t', 'c', 'v')).toThrow(full);
    expect(storage.getAll('t')).toEqual(FULL);
  });

  it('takes a new value for a key that it has, and a new key for one that goes', () => {
    const storage = fullStorage();
    expect(storage.set('t', 'a', 'new a')).toBe('old a');
    storage.del('t', 'a');
    expect(storage.set('t', 'c', 'v')).toBeUndefined();
    expect(storage.contains('t', 'c')).toBe(true);
  });

  it('keeps no other table from growing', () => {
    const storage = fullStorage();
    expect(storage.set('other', 'a', 'v')).toBeUndefined();
  });

  it.each<[string, WriteOp[]]>([
    ['adds a key', [set('c')]],
    ['changes keys first', [set('a'), set('b'), set('c')]],
    [
      'would make room afterwards: each op is applied on what the ones before it left',
      [set('c'), del('a')],
    ],
    ['makes room for one and adds two', [del('a'), set('c'), set('d')]],
    ['deletes a key twice, which makes room for one', [del('a'), del('a'), set('c'), set('d')]],
    ['makes room and takes it back', [del('a'), set('a'), set('c')]],
    ['empties the table on the way', [del('a'), del('b'), set('c'), set('d'), set('e')]],
  ])('refuses a write as a whole that %s', (_, ops) => {
    const storage = fullStorage();
    expect(() => storage.write('t', ops)).toThrow(full);
    expect(storage.getAll('t')).toEqual(FULL);
  });

  it.each<[string, WriteOp[], Value[]]>([
    ['changes values only', [set('a'), set('b')], ['old a', 'old b']],
    ['makes room first', [del('a'), set('c')], ['old a']],
    ['adds and takes away in turn', [del('a'), set('c'), del('c'), set('d')], ['old a']],
    ['empties the table on the way', [del('a'), del('b'), set('c'), set('d')], ['old a', 'old b']],
  ])('takes a write that %s', (_, ops, old) => {
    const storage = fullStorage();
    expect(storage.write('t', ops).slice(0, old.length)).toEqual(old);
    expect(storage.getAll('t').length).toBe(2);
  });
});

describe('a write', () => {
  it('never exceeds the limit, and is applied as a whole or not at all', () => {
    const op = fc.oneof(
      fc.constantFrom('a', 'b', 'c', 'd').map((key) => set(key)),
      fc.constantFrom('a', 'b', 'c', 'd').map(del),
    );
    fc.assert(
      fc.property(fc.array(fc.array(op, { maxLength: 8 }), { maxLength: 5 }), (writes) => {
        const storage = new MemoryStorage({ maxEntriesPerTable: 2 });
        let model = new Set<string>();
        for (const ops of writes) {
          const after = new Set(model);
          const sizes = ops.map((each) => {
            if (each.op === 'set') after.add(each.key);
            else after.delete(each.key);
            return after.size;
          });
          const write = expect(() => storage.write('t', ops));
          if (Math.max(0, ...sizes) > 2) {
            write.toThrow(full);
          } else {
            write.not.toThrow();
            model = after;
          }
          expect(
            storage
              .getAll('t')
              .map(([key]) => key)
              .sort(),
          ).toEqual([...model].sort());
        }
      }),
    );
  });

  it('larger than the limit is taken if the table never is', () => {
    const storage = new MemoryStorage({ maxEntriesPerTable: 10 });
    const ops = Array.from({ length: 1_000 }, (_, i) => [set(`k${i}`), del(`k${i - 9}`)]).flat();
    expect(storage.write('t', ops)).toHaveLength(2_000);
    expect(storage.getAll('t')).toHaveLength(9);
  });

  it('larger than the limit for a moment is refused, and leaves no trace', () => {
    const storage = new MemoryStorage({ maxEntriesPerTable: 10 });
    const keys = Array.from({ length: 1_000 }, (_, i) => `k${i}`);
    const ops = [...keys.map((key) => set(key)), ...keys.map(del)];
    expect(() => storage.write('t', ops)).toThrow(
      expect.objectContaining({ code: 'STORAGE_FAILURE' }),
    );
    expect(storage.getAll('t')).toEqual([]);
  });

  it('with an op that is not known changes nothing', () => {
    const storage = new MemoryStorage();
    const unknown = { op: 'increment', key: 'k' } as unknown as WriteOp;
    expect(() => storage.write('t', [set('k'), unknown])).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
    expect(storage.getAll('t')).toEqual([]);
  });
});

it('an option that there is not is refused', () => {
  const misspelt: object = { maxEntries: 1 };
  expect(() => new MemoryStorage(misspelt)).toThrow(
    new TypeError("There is no option 'maxEntries' of a MemoryStorage"),
  );
});

it.each([0, -1, Number.NaN])('a limit of %d entries is refused', (maxEntriesPerTable) => {
  expect(() => new MemoryStorage({ maxEntriesPerTable })).toThrow(RangeError);
});
