import { readValueMessage, type Value } from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryListReader } from './entry-list.js';
import { SlabStorage } from './slab-storage.js';

const name = fc.oneof(
  fc.constantFrom('t', 'users', '__proto__'),
  fc.string({ unit: 'grapheme', minLength: 1 }),
);
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 300 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.boolean(),
);

/** All that is dumped, in steps of so many bytes; `between` is called after each. */
function dump(
  storage: SlabStorage,
  stepBytes: number,
  between = (): void => {},
): [string, string, Value][] {
  const entries: [string, string, Value][] = [];
  const list = new EntryListReader();
  const dumping = storage.dump((bytes, view, start, end, count) => {
    list.open(bytes, view, start, end);
    const before = entries.length;
    while (list.next()) {
      const key = bytes.toString('utf8', list.keyStart, list.keyEnd);
      const each = readValueMessage(bytes, list.valueStart, list.valueEnd);
      entries.push([list.name, key, each]);
    }
    expect(entries.length - before).toBe(count);
  });
  while (!dumping.done) {
    dumping.step(stepBytes);
    between();
  }
  return entries;
}

/** Takes in what another storage dumps, and calls `between` after each step. */
function load(
  from: SlabStorage,
  to: SlabStorage,
  stepBytes: number,
  between = (): void => {},
): void {
  const dumping = from.dump((bytes, _, start, end) => {
    // It stands anywhere among others.
    const copy = Buffer.concat([
      Buffer.alloc(3, 7),
      bytes.subarray(start, end),
      Buffer.alloc(9, 7),
    ]);
    const copyView = new DataView(copy.buffer, copy.byteOffset, copy.length);
    to.load(copy, copyView, 3, 3 + end - start);
  });
  while (!dumping.done) {
    dumping.step(stepBytes);
    between();
  }
}

/** All that is in a storage, in order. */
function contentOf(storage: SlabStorage): [string, string, Value][] {
  return sorted(dump(storage, 1e6));
}

const sorted = <Item>(items: readonly Item[]): Item[] =>
  items.toSorted((a, b) => (String(a) < String(b) ? -1 : 1));

describe('a dump', () => {
  it('has every entry of every table once', () => {
    const entries = fc.uniqueArray(fc.tuple(name, name, value), {
      selector: ([t, k]) => `${t}\0${k}`,
    });
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 500 }), (all, stepBytes) => {
        const storage = new SlabStorage();
        for (const [table, key, each] of all) storage.set(table, key, each);
        expect(sorted(dump(storage, stepBytes))).toStrictEqual(sorted(all));
      }),
    );
  });

  it('has long keys and values', () => {
    const storage = new SlabStorage();
    const [key, text] = ['k'.repeat(4000), 'v'.repeat(300_000)];
    storage.set('t', key, text);
    expect(dump(storage, 1)).toEqual([['t', key, text]]);
  });

  it('has what is there throughout, whatever becomes of the rest', () => {
    const storage = new SlabStorage();
    for (let i = 0; i < 3000; i++) storage.set('t', `stays${i}`, BigInt(i));
    storage.set('gone', 'k', 1n);
    let round = 0;
    const entries = dump(storage, 2000, () => {
      storage.del('gone', 'k');
      for (let i = 0; i < 200; i++) storage.set('t', `comes${round}/${i}`, 'x'.repeat(100));
      for (let i = 0; i < 150; i++) storage.del('t', `comes${round - 1}/${i}`);
      round++;
    });
    const found = new Map(entries.map(([table, key, each]) => [`${table}/${key}`, each]));
    for (let i = 0; i < 3000; i++) expect(found.get(`t/stays${i}`)).toBe(BigInt(i));
  });

  it('needs a hash key of eight bytes', () => {
    expect(() => new SlabStorage({ hashKey: new Uint8Array(7) })).toThrow(RangeError);
  });
});

describe('a storage that takes in what another has dumped', () => {
  const entries = fc.uniqueArray(fc.tuple(name, name, value), {
    selector: ([t, k]) => `${t}\0${k}`,
  });

  it('has the same entries, of every table, whatever its hash key', () => {
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 500 }), (all, stepBytes) => {
        const [one, other] = [new SlabStorage(), new SlabStorage()];
        for (const [table, key, each] of all) one.set(table, key, each);
        load(one, other, stepBytes);
        expect(contentOf(other)).toStrictEqual(sorted(all));
        for (const [table, key, each] of all) expect(other.get(table, key)).toStrictEqual(each);
        // It is a storage like any other.
        for (const [table, key, each] of all) expect(other.del(table, key)).toStrictEqual(each);
        expect(other.stats()).toMatchObject({ entries: 0, tables: 0, indexBytes: 0 });
      }),
    );
  });

  it('has the value that it is given last', () => {
    const [one, other] = [new SlabStorage(), new SlabStorage()];
    for (const each of [1n, 2n]) {
      one.set('t', 'k', each);
      one.set('t', `k${each}`, each);
      load(one, other, 1e6);
    }
    expect(contentOf(other)).toStrictEqual(contentOf(one));
  });

  it('keeps to its budget', () => {
    const [one, other] = [new SlabStorage(), new SlabStorage({ maxBytes: 65_536 })];
    for (let i = 0; i < 2000; i++) one.set('t', `k${i}`, 'x'.repeat(50));
    load(one, other, 5000);
    const { evictions, entries: left } = other.stats();
    expect(evictions).toBeGreaterThan(0);
    expect(left).toBeGreaterThan(100);
  });

  it('has an index no larger than it must', () => {
    const hashKey = Buffer.from('8 secret');
    for (const count of [1, 11, 12, 13, 100, 6000, 6145, 50_000]) {
      const [one, other] = [new SlabStorage({ hashKey }), new SlabStorage({ hashKey })];
      for (let i = 0; i < count; i++) one.set('t', `k${i}`, true);
      load(one, other, 10_000);
      const { indexBytes } = one.stats();
      expect(other.stats().indexBytes).toBeLessThanOrEqual(indexBytes * 2);
    }
  });

  it('has no index that is far too large though the table grew by much meanwhile', () => {
    const hashKey = Buffer.from('8 secret');
    const [one, other] = [new SlabStorage({ hashKey }), new SlabStorage({ hashKey })];
    for (let i = 0; i < 2000; i++) one.set('t', `k${i}`, true);
    let next = 2000;
    load(one, other, 2000, () => {
      if (next === 2000) for (; next < 100_000; next++) one.set('t', `k${next}`, true);
    });
    expect(other.stats().entries).toBeGreaterThan(90_000);
    expect(other.stats().indexBytes).toBeLessThanOrEqual(one.stats().indexBytes * 2);
  });

  it('refuses what is no list, wherever it is cut off', () => {
    const one = new SlabStorage();
    for (let i = 0; i < 5; i++) one.set('users', `k${i}`, 'x'.repeat(i));
    const lists: Buffer[] = [];
    const dumping = one.dump((bytes, _, start, end) => {
      lists.push(Buffer.from(bytes.subarray(start, end)));
    });
    dumping.step(1e6);
    const [list = Buffer.alloc(0)] = lists;
    const view = new DataView(list.buffer, list.byteOffset, list.length);
    let whole = 0;
    for (let end = 0; end <= list.length; end++) {
      const other = new SlabStorage();
      try {
        other.load(list, view, 0, end);
        whole++;
      } catch (error) {
        expect(error).toMatchObject({ code: 'STORAGE_FAILURE', message: /cut off/ });
      }
      for (const [, key, each] of contentOf(other)) expect(one.get('users', key)).toBe(each);
    }
    // Between two entries it may end.
    expect(whole).toBe(6);
  });

  it('refuses it after its end', () => {
    const storage = new SlabStorage();
    storage.close();
    const bytes = Buffer.alloc(8);
    expect(() =>
      storage.load(bytes, new DataView(bytes.buffer, bytes.byteOffset, 8), 0, 8),
    ).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
  });
});
