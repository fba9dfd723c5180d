import type { Value } from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemoryStorage } from '../memory-storage.js';
import type { Entry, WriteOp } from '../storage.js';
import type { KeyHash } from './key-hash.js';
import { SlabStorage } from './slab-storage.js';

const byKey = ([a]: Entry, [b]: Entry): number => (a < b ? -1 : 1);

/** Pages so small that a few entries fill them. */
const SMALL = { pageBytes: 1024 };

/** Hashes that collide all the time. */
const badHash: KeyHash = { hash: (view, start, end) => (end - start) & 1 && view.getUint8(start) };

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c', '__proto__', 'key:000000000001', 'key:000000000002'),
  fc.nat({ max: 99 }).map((i) => `key ${i}`),
  fc.constantFrom('é', '世界', '😀😀😀', 'k'.repeat(31), 'k'.repeat(33), 'ü'.repeat(40)),
);
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.nat({ max: 300 }).map((length) => 'v'.repeat(length)),
  fc.string({ unit: 'grapheme' }),
  fc
    .oneof(
      { arbitrary: fc.nat({ max: 100 }), weight: 9 },
      { arbitrary: fc.nat({ max: 3_000 }), weight: 1 },
    )
    .map((length) => new Uint8Array(length).fill(length)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.boolean(),
);
const op: fc.Arbitrary<WriteOp> = fc.oneof(
  fc.record({ op: fc.constant('set' as const), key, value }),
  fc.record({ op: fc.constant('delete' as const), key }),
);
const table = fc.constantFrom('t', 'table', '世');
const call = fc.oneof(
  { weight: 6, arbitrary: fc.record({ call: fc.constant('set' as const), table, key, value }) },
  { weight: 3, arbitrary: fc.record({ call: fc.constant('del' as const), table, key }) },
  { arbitrary: fc.record({ call: fc.constant('get' as const), table, key }), weight: 2 },
  { arbitrary: fc.record({ call: fc.constant('contains' as const), table, key }), weight: 1 },
  {
    arbitrary: fc.record({ call: fc.constant('write' as const), table, ops: fc.array(op) }),
    weight: 2,
  },
  { arbitrary: fc.record({ call: fc.constant('iterate' as const), table }), weight: 1 },
  { arbitrary: fc.record({ call: fc.constant('step' as const), steps: fc.nat(20) }), weight: 2 },
);

/** An iteration that is under way, and what it must show. */
class Iteration {
  readonly #iterator: Iterator<Entry>;
  readonly #table: string;
  readonly #throughout: Set<string>;
  readonly #seen = new Set<string>();

  constructor(storage: SlabStorage, table: string) {
    this.#table = table;
    this.#throughout = new Set(storage.getAll(table).map(([key]) => key));
    this.#iterator = storage.getIter(table)[Symbol.iterator]();
  }

  deleted(table: string, key: string): void {
    if (table === this.#table) this.#throughout.delete(key);
  }

  /** Answers whether there is more. */
  step(): boolean {
    const { done, value } = this.#iterator.next();
    if (done) {
      expect([...this.#throughout].filter((key) => !this.#seen.has(key))).toEqual([]);
      return false;
    }
    expect(this.#seen).not.toContain(value[0]);
    this.#seen.add(value[0]);
    return true;
  }
}

describe('a storage in slabs', () => {
  it.each([
    ['', {}],
    [', in small pages', SMALL],
    [', with hashes that collide', { ...SMALL, hash: badHash }],
  ])('does what the storage in a Map does, call by call%s', (_, parts) => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 100, size: 'max' }), (calls) => {
        const storage = new SlabStorage({}, parts);
        const model = new MemoryStorage();
        let iterations: Iteration[] = [];
        for (const each of calls) {
          switch (each.call) {
            case 'set':
              expect(storage.set(each.table, each.key, each.value)).toStrictEqual(
                model.set(each.table, each.key, each.value),
              );
              break;
            case 'del':
              expect(storage.del(each.table, each.key)).toStrictEqual(
                model.del(each.table, each.key),
              );
              for (const iteration of iterations) iteration.deleted(each.table, each.key);
              break;
            case 'get':
              expect(storage.get(each.table, each.key)).toStrictEqual(
                model.get(each.table, each.key),
              );
              break;
            case 'contains':
              expect(storage.contains(each.table, each.key)).toBe(
                model.contains(each.table, each.key),
              );
              break;
            case 'write':
              expect(storage.write(each.table, each.ops)).toStrictEqual(
                model.write(each.table, each.ops),
              );
              for (const { op, key } of each.ops) {
                if (op !== 'delete') continue;
                for (const iteration of iterations) iteration.deleted(each.table, key);
              }
              break;
            case 'iterate':
              iterations.push(new Iteration(storage, each.table));
              break;
            case 'step':
              for (let i = 0; i < each.steps; i++) {
                iterations = iterations.filter((iteration) => iteration.step());
              }
          }
        }
        for (const iteration of iterations) while (iteration.step());
        for (const name of ['t', 'table', '世']) {
          const all = model.getAll(name).sort(byKey);
          expect(storage.getAll(name).sort(byKey)).toStrictEqual(all);
          expect([...storage.getIter(name)].sort(byKey)).toStrictEqual(all);
          expect(
            storage.getMany(
              name,
              all.map(([key]) => key),
            ),
          ).toStrictEqual(all.map(([, value]) => value));
        }
      }),
    );
  });

  it.each([1, 2])('keeps dead bytes a part of the whole, written over by %d ops', (count) => {
    const storage = new SlabStorage({}, SMALL);
    const op = (i: number): WriteOp => {
      return { op: 'set', key: `key ${((i * i) >>> 3) % 300}`, value: 'v'.repeat((i * 31) % 97) };
    };
    for (let i = 0; i < 300; i++) storage.set('t', `key ${i}`, 'v'.repeat(i % 97));
    for (let i = 0; i < 20_000; i += count) {
      storage.write('t', [op(i), op(i + 1)].slice(0, count));
      const { liveBytes, deadBytes, pageBytes } = storage.stats();
      expect(deadBytes).toBeLessThan((liveBytes + deadBytes) / 4 + 2 * 1024);
      expect(pageBytes).toBeLessThan(liveBytes + deadBytes + 4 * 1024);
    }
    expect(storage.getAll('t').length).toBe(300);
  });

  it('ends near the size of what it holds, however many keys there have been', () => {
    const storage = new SlabStorage({}, { pageBytes: 16 * 1024 });
    const size = (): number => storage.stats().pageBytes + storage.stats().indexBytes;
    const window = 2_000;
    for (let i = 0; i < window; i++) storage.set('t', `key:${i}`, 'v'.repeat(64));
    const first = size();
    for (let i = window; i < 10 * window; i++) {
      storage.set('t', `key:${i}`, 'v'.repeat(64));
      storage.del('t', `key:${i - window}`);
    }
    expect(storage.stats().entries).toBe(window);
    expect(size()).toBeLessThan(first * 1.4);
    for (let i = 9 * window; i < 10 * window; i++) storage.del('t', `key:${i}`);
    expect(storage.stats()).toEqual({
      tables: 0,
      entries: 0,
      liveBytes: 0,
      deadBytes: 0,
      pageBytes: 3 * 16 * 1024,
      indexBytes: 0,
      tableBytes: 0,
      evictions: 0,
      maxBytes: undefined,
    });
  });

  it('writes a value where the one was that it replaces, if they are about as large', () => {
    const storage = new SlabStorage({}, SMALL);
    storage.set('t', 'k', 'v'.repeat(200));
    const { liveBytes } = storage.stats();
    storage.set('t', 'k', 'v'.repeat(190));
    expect(storage.get('t', 'k')).toBe('v'.repeat(190));
    expect(storage.stats()).toMatchObject({ liveBytes, deadBytes: 0 });
    storage.set('t', 'k', 'v'.repeat(100));
    expect(storage.stats().liveBytes).toBeLessThan(liveBytes - 80);
  });

  it('gives back what writes of several ops have deleted or replaced', () => {
    const storage = new SlabStorage({}, SMALL);
    const keys = Array.from({ length: 200 }, (_, i) => `${i}`);
    for (let i = 0; i < 50; i++) {
      storage.write(
        't',
        keys.map((key) => ({ op: 'set', key, value: 'v'.repeat(i) })),
      );
      const { liveBytes, deadBytes } = storage.stats();
      expect(deadBytes).toBeLessThan((liveBytes + deadBytes) / 4 + 2 * 1024);
    }
    const { indexBytes } = storage.stats();
    const deletions = keys.map((key) => ({ op: 'delete', key }) as const);
    storage.write('t', deletions.slice(10));
    expect(storage.stats().indexBytes).toBeLessThan(indexBytes / 4);
    storage.write('t', deletions.slice(0, 10));
    expect(storage.stats()).toMatchObject({ tables: 0, liveBytes: 0, deadBytes: 0, indexBytes: 0 });
  });

  it('gives back the index of what is deleted by several ops at once', () => {
    const storage = new SlabStorage();
    const keys = Array.from({ length: 10_000 }, (_, i) => `${i}`);
    storage.write(
      't',
      keys.map((key) => ({ op: 'set', key, value: true })),
    );
    const { indexBytes } = storage.stats();
    storage.write(
      't',
      keys.slice(10).map((key) => ({ op: 'delete', key })),
    );
    expect(storage.stats()).toMatchObject({ entries: 10 });
    expect(storage.stats().indexBytes).toBeLessThan(indexBytes / 100);
  });

  it('writes a value over another of its size if that is all there is to write', () => {
    const storage = new SlabStorage();
    storage.set('t', 'a', 'old');
    storage.write('t', [{ op: 'set', key: 'a', value: 'new' }]);
    expect(storage.getAll('t')).toEqual([['a', 'new']]);
    expect(storage.stats()).toMatchObject({ deadBytes: 0 });
  });

  it('stays as small as it is when one key comes and goes, however often', () => {
    const storage = new SlabStorage();
    for (let i = 0; i < 200_000; i++) {
      storage.set('t', 'k', BigInt(i));
      storage.del('t', 'k');
    }
    expect(storage.stats()).toMatchObject({ tables: 0, liveBytes: 0, deadBytes: 0, indexBytes: 0 });
  });

  it('stores values as large as frames, and gives back what they took', () => {
    const storage = new SlabStorage();
    const large = Buffer.alloc(17 * 1024 * 1024, 'large').toString();
    storage.set('t', 'small', 'small');
    storage.set('t', 'k', large);
    expect(storage.get('t', 'k') === large).toBe(true);
    expect(storage.set('t', 'k', 1n) === large).toBe(true);
    expect(storage.stats().pageBytes).toBeLessThan(9 * 1024 * 1024);
    expect(storage.getAll('t').sort(byKey)).toEqual([
      ['k', 1n],
      ['small', 'small'],
    ]);
  });

  it('refuses a key that is longer than a record can say', () => {
    const storage = new SlabStorage();
    const key = 'k'.repeat(2 ** 24);
    const refusal = expect.objectContaining({ code: 'TOO_LARGE' });
    expect(() => storage.set('t', key, 1n)).toThrow(refusal);
    expect(() =>
      storage.write('t', [
        { op: 'set', key: 'a', value: 1n },
        { op: 'set', key, value: 1n },
      ]),
    ).toThrow(refusal);
    expect(storage.get('t', key)).toBeUndefined();
    expect(storage.stats()).toMatchObject({ tables: 0, entries: 0, indexBytes: 0 });
    const longest = key.slice(1);
    storage.set('t', longest, 1n);
    expect(storage.get('t', longest)).toBe(1n);
  });
});

/** A page of whatever there is. */
const ANY = {
  position: undefined,
  prefix: '',
  limit: Number.POSITIVE_INFINITY,
  maxBytes: Number.POSITIVE_INFINITY,
};

describe('a scan', () => {
  it('shows an entry once that is there throughout, however much is written between its pages', () => {
    const storage = new SlabStorage();
    const staying = Array.from({ length: 3_000 }, (_, i) => `stay ${i}`);
    for (const key of staying) storage.set('t', key, true);
    const seen: string[] = [];
    let position: Uint8Array | undefined;
    let written = 0;
    do {
      const page = storage.scan('t', { ...ANY, position, limit: 100 });
      seen.push(...page.entries.map(([key]) => key));
      position = page.next;
      // First the segments are divided, then they are joined.
      for (let i = 0; i < 1_000 && written < 20_000; i++) storage.set('t', `${written++}`, 1n);
      if (written === 20_000) for (let i = 0; i < 20_000; i++) storage.del('t', `${i}`);
    } while (position !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((key) => key.startsWith('stay')).sort()).toEqual(staying.sort());
  });

  it('gives as many entries as it is told to, though they stand close together', () => {
    const storage = new SlabStorage();
    for (let i = 0; i < 20_000; i++) storage.set('t', `${i}`, 1n);
    const { entries, next } = storage.scan('t', { ...ANY, limit: 3 });
    expect(entries).toHaveLength(3);
    expect(storage.scan('t', { ...ANY, position: next, limit: 3 }).entries).toHaveLength(3);
    expect(storage.scan('none', { ...ANY, limit: 3 })).toEqual({ entries: [], next: undefined });
  });

  it('gives entries together whose hashes agree', () => {
    const storage = new SlabStorage({}, { hash: { hash: () => -7 } });
    for (let i = 0; i < 10; i++) storage.set('t', `${i}`, 1n);
    const page = storage.scan('t', { ...ANY, limit: 3 });
    expect(page.entries).toHaveLength(10);
    expect(page.next).toBe(undefined);
  });

  it('looks at no more than so many entries at a time, if few have the prefix', () => {
    const storage = new SlabStorage();
    for (let i = 0; i < 30_000; i++) storage.set('t', `${i}`, 1n);
    storage.set('t', 'wanted', 1n);
    const pages: number[] = [];
    let position: Uint8Array | undefined;
    do {
      const page = storage.scan('t', { ...ANY, position, prefix: 'wanted' });
      pages.push(page.entries.length);
      position = page.next;
    } while (position !== undefined);
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.reduce((sum, count) => sum + count)).toBe(1);
  });

  it('refuses a position that it never gave', () => {
    const position = Uint8Array.of(1, 2, 3);
    expect(() => new SlabStorage().scan('t', { ...ANY, position })).toThrow(
      expect.objectContaining({ code: 'INVALID_COMMAND' }),
    );
  });
});

describe('a storage without memory', () => {
  const cause = new RangeError('Array buffer allocation failed');
  const failure = expect.objectContaining({ code: 'STORAGE_FAILURE', cause });

  it('fails with what it cannot store, and stays as it was, whichever allocation it is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(op, { minLength: 1 })),
        fc.nat({ max: 20 }),
        (writes, given) => {
          let left = given;
          const allocate = (bytes: number): ArrayBuffer => {
            if (left-- <= 0) throw cause;
            return new ArrayBuffer(bytes);
          };
          const storage = new SlabStorage({}, { ...SMALL, allocate });
          const model = new MemoryStorage();
          for (const ops of writes) {
            let old: (Value | undefined)[] | undefined;
            try {
              old = storage.write('t', ops);
            } catch (error) {
              expect(error).toEqual(failure);
            }
            if (old !== undefined) expect(old).toStrictEqual(model.write('t', ops));
            const all = model.getAll('t').sort(byKey);
            expect(storage.getAll('t').sort(byKey)).toStrictEqual(all);
            expect(storage.stats()).toMatchObject({
              tables: all.length > 0 ? 1 : 0,
              entries: all.length,
            });
          }
          left = Number.POSITIVE_INFINITY;
          for (const [key] of model.getAll('t')) storage.del('t', key);
          expect(storage.stats()).toMatchObject({ liveBytes: 0, deadBytes: 0, indexBytes: 0 });
        },
      ),
    );
  });

  it('fails with what it cannot read, and stays as it was', () => {
    const storage = new SlabStorage();
    const value = new Uint8Array(1_000);
    storage.set('t', 'k', value);
    vi.stubGlobal(
      'Uint8Array',
      class extends Uint8Array {
        constructor(length: number) {
          super();
          if (length === value.length) throw cause;
        }
      },
    );
    onTestFinished(() => void vi.unstubAllGlobals());
    const change = { op: 'set' as const, key: 'other', value: 1n };
    const attempts = [
      () => storage.get('t', 'k'),
      () => storage.set('t', 'k', 1n),
      () => storage.del('t', 'k'),
      () => storage.write('t', [change, { op: 'delete', key: 'k' }]),
      () => storage.getAll('t'),
    ];
    for (const attempt of attempts) expect(attempt).toThrow(failure);
    vi.unstubAllGlobals();
    expect(storage.getAll('t')).toEqual([['k', value]]);
  });

  it('undoes a write that has changed a key several times', () => {
    let left = Number.POSITIVE_INFINITY;
    const allocate = (bytes: number): ArrayBuffer => {
      if (left-- <= 0) throw cause;
      return new ArrayBuffer(bytes);
    };
    const storage = new SlabStorage({}, { ...SMALL, allocate });
    const before = Array.from({ length: 12 }, (_, i): Entry => [`${i}`, BigInt(i)]);
    for (const [key, value] of before) storage.set('t', key, value);
    left = 0;
    expect(() =>
      storage.write('t', [
        { op: 'set', key: '0', value: 1n },
        { op: 'delete', key: '0' },
        { op: 'delete', key: '1' },
        { op: 'set', key: '0', value: 2n },
        { op: 'set', key: '1', value: 3n },
        // For which the index would have to grow.
        { op: 'set', key: 'new', value: 4n },
      ]),
    ).toThrow(failure);
    expect(storage.getAll('t').sort(byKey)).toEqual(before.sort(byKey));
    left = 1;
    storage.set('t', 'new', 5n);
    expect(storage.getAll('t')).toHaveLength(13);
  });

  it('still deletes', () => {
    let left = Number.POSITIVE_INFINITY;
    const allocate = (bytes: number): ArrayBuffer => {
      if (left-- <= 0) throw cause;
      return new ArrayBuffer(bytes);
    };
    const storage = new SlabStorage({}, { ...SMALL, allocate });
    for (let i = 0; i < 1_000; i++) storage.set('t', `${i}`, 1n);
    left = 0;
    for (let i = 0; i < 1_000; i++) expect(storage.del('t', `${i}`)).toBe(1n);
    expect(storage.stats()).toMatchObject({ liveBytes: 0, deadBytes: 0, indexBytes: 0 });
  });
});
