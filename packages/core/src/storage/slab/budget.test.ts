import { ByteWriter } from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HalfSipHash } from './half-sip-hash.js';
import { SlabStorage } from './slab-storage.js';
import type { SlabParts } from './slab-store.js';

const MAX_BYTES = 64 * 1024;

/** Chance that is the same in each run. */
function seeded(): Partial<SlabParts> {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return { random, hash: new HalfSipHash(new Uint8Array(8)) };
}

/** @returns `undefined` if the key is not there. */
function getByLane(storage: SlabStorage, key: string): number | undefined {
  const bytes = Buffer.from(`used${key}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length;
  const at = { start: 0, end, tableStart: 0, tableEnd: 4, keyStart: 4, keyEnd: end };
  const status = storage.lane.execute(
    { command: 'hget', bytes, view, ...at, valueStart: 0, valueEnd: 0, hash: 0 },
    new ByteWriter(),
  );
  return status === 200 ? status : undefined;
}

const tooLarge = expect.objectContaining({
  code: 'TOO_LARGE',
  message: expect.stringContaining("exceeds half of the storage's budget"),
});

/** Ops that set so many new keys. */
const sets = (count: number) =>
  Array.from(
    { length: count },
    (_, i) => ({ op: 'set', key: `${10_000 + i}`, value: true }) as const,
  );

function bytesOf(storage: SlabStorage): number {
  const { pageBytes, indexBytes, tableBytes } = storage.stats();
  return pageBytes + indexBytes + tableBytes;
}

describe('a budget', () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 65_535])('is not %d', (maxBytes) => {
    expect(() => new SlabStorage({ maxBytes })).toThrow(RangeError);
  });

  it('is not what it is not called', () => {
    const misspelt: object = { maxByte: 65_536 };
    expect(() => new SlabStorage(misspelt)).toThrow(
      new TypeError("There is no option 'maxByte' of a SlabStorage"),
    );
  });

  it('is kept, whatever is written', () => {
    const key = fc.nat({ max: 5_000 }).map((i) => `key ${i}`);
    const value = fc
      .oneof(
        { arbitrary: fc.nat({ max: 100 }), weight: 20 },
        { arbitrary: fc.nat({ max: 20_000 }), weight: 1 },
      )
      .map((length) => new Uint8Array(length));
    const op = fc.oneof(
      { arbitrary: fc.record({ op: fc.constant('set' as const), key, value }), weight: 4 },
      { arbitrary: fc.record({ op: fc.constant('delete' as const), key }), weight: 1 },
    );
    const write = fc.record({
      table: fc.constantFrom('a', 'b', 'c'),
      ops: fc.array(op, { minLength: 1, maxLength: 4 }),
      times: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 30, size: 'max' }), (writes) => {
        const storage = new SlabStorage({ maxBytes: MAX_BYTES });
        for (const { table, ops, times } of writes) {
          for (let i = 0; i < times; i++) {
            const each = ops.map((op) => ({ ...op, key: `${op.key} ${i}` }));
            try {
              storage.write(table, each);
            } catch (error) {
              expect(error).toEqual(tooLarge);
              const bytes = each.map((op) => (op.op === 'set' ? op.value.length : 0));
              expect(bytes.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(
                MAX_BYTES / 2 - 1_400,
              );
              continue;
            }
            expect(bytesOf(storage)).toBeLessThanOrEqual(MAX_BYTES);
            const last = each.at(-1);
            if (last?.op === 'set')
              expect(storage.get(table, last.key)).toHaveLength(last.value.length);
          }
        }
      }),
      { numRuns: 12 },
    );
  });

  it('is used for the most part', () => {
    const storage = new SlabStorage({ maxBytes: 1024 * 1024 });
    for (let i = 0; i < 50_000; i++) storage.set('t', `key:${i}`, 'v'.repeat(64));
    const { liveBytes, entries, evictions } = storage.stats();
    expect(liveBytes).toBeGreaterThan(0.6 * 1024 * 1024);
    expect(entries + evictions).toBe(50_000);
    expect(storage.stats().maxBytes).toBe(1024 * 1024);
  });

  it('evicts what has not been used for long, and keeps what is', () => {
    const storage = new SlabStorage({ maxBytes: 256 * 1024 }, seeded());
    const used = Array.from({ length: 100 }, (_, i) => `used ${i}`);
    for (const key of used) storage.set('used', key, true);
    for (let i = 0; i < 20_000; i++) {
      storage.set('t', `${i}`, 'v'.repeat(50));
      storage.get('used', used[i % used.length] as string);
    }
    expect(storage.stats().evictions).toBeGreaterThan(15_000);
    const kept = used.filter((key) => storage.contains('used', key));
    expect(kept.length).toBeGreaterThan(95);
    const recent = Array.from({ length: 200 }, (_, i) => `${19_999 - i}`);
    expect(storage.getMany('t', recent).every((value) => value !== undefined)).toBe(true);
  });

  it.each<[string, (storage: SlabStorage, key: string, i: number) => unknown]>([
    ['a get', (storage, key) => storage.get('used', key)],
    ['a get of several', (storage, key) => storage.getMany('used', [key])[0]],
    ['a get by the lane', (storage, key) => getByLane(storage, key)],
    ['a set of what is as large', (storage, key) => storage.set('used', key, false)],
    [
      'a set of another size',
      (storage, key, i) => storage.set('used', key, 'x'.repeat((i * 7) % 37)),
    ],
    [
      'a write of several',
      (storage, key) =>
        storage.write('used', [
          { op: 'set', key, value: true },
          { op: 'delete', key: 'none' },
        ])[0],
    ],
  ])('takes %s for a use', (_, use) => {
    const storage = new SlabStorage({ maxBytes: 256 * 1024 }, seeded());
    const used = Array.from({ length: 100 }, (_, i) => `${i}`);
    for (const key of used) storage.set('used', key, true);
    let missed = 0;
    for (let i = 0; i < 10_000; i++) {
      storage.set('t', `${i}`, 'v'.repeat(50));
      if (use(storage, used[i % used.length] as string, i) === undefined) missed++;
      // A small table, of late, among those from which samples are taken.
      if (i % 2_000 === 0) storage.set(`small ${i}`, 'k', true);
    }
    expect(storage.stats().evictions).toBeGreaterThan(5_000);
    expect(missed).toBeLessThan(5);
    const recent = Array.from({ length: 200 }, (_, i) => `${9_999 - i}`);
    expect(recent.filter((key) => storage.contains('t', key)).length).toBe(recent.length);
  });

  it('does not take whether a key is there for a use', () => {
    const storage = new SlabStorage({ maxBytes: MAX_BYTES }, seeded());
    storage.set('t', 'old', true);
    for (let i = 0; i < 5_000; i++) {
      storage.set('t', `${i}`, 'v'.repeat(50));
      storage.contains('t', 'old');
    }
    expect(storage.contains('t', 'old')).toBe(false);
  });

  it('never answers a value that was replaced, though entries move and go while it is', () => {
    const storage = new SlabStorage({ maxBytes: MAX_BYTES }, seeded());
    const latest = new Map<string, string>();
    for (let i = 0; i < 20_000; i++) {
      const key = `${Math.imul(i, 0x9e37_79b1) >>> 22}`;
      const value = `${i}`.padEnd((i * 31) % 150, 'v');
      const old = storage.set('t', key, value);
      if (old !== undefined) expect(old).toBe(latest.get(key));
      latest.set(key, value);
    }
    expect(storage.stats().evictions).toBeGreaterThan(1_000);
    for (const [key, value] of storage.getAll('t')) expect(value).toBe(latest.get(key));
  });

  it('leaves a quarter for what is dead, and evicts nothing that fits the rest', () => {
    const storage = new SlabStorage({ maxBytes: 4 * MAX_BYTES }, seeded());
    let entries = 0;
    while (storage.stats().evictions === 0) storage.set('t', `${entries++}`, 'v'.repeat(64));
    const { liveBytes, indexBytes, tableBytes, evictions } = storage.stats();
    const forPages = 4 * MAX_BYTES - indexBytes - tableBytes;
    expect(liveBytes / forPages).toBeGreaterThan(0.73);
    expect(liveBytes / forPages).toBeLessThanOrEqual(0.75);
    for (let i = 0; i < 50; i++) storage.del('t', `${entries - 1 - i}`);
    for (let i = 0; i < 10_000; i++) {
      const key = `${entries - 100 - ((Math.imul(i, 0x9e37_79b1) >>> 0) % (entries - 200))}`;
      storage.set('t', key, 'v'.repeat(i % 2 === 0 ? 0 : 64));
    }
    expect(storage.stats().evictions).toBe(evictions);
  });

  it('counts what a table takes besides its entries, its name too', () => {
    const storage = new SlabStorage({ maxBytes: 4 * MAX_BYTES }, seeded());
    for (const padding of ['', 'x'.repeat(1_000), 'x'.repeat(10_000)]) {
      for (let i = 0; i < 1_000; i++) {
        storage.set(`${i}${padding}`, 'k', true);
        expect(bytesOf(storage)).toBeLessThanOrEqual(4 * MAX_BYTES);
      }
      const { tables, tableBytes } = storage.stats();
      expect(tableBytes).toBeGreaterThan((1_000 + 2 * padding.length) * tables);
      expect(bytesOf(storage)).toBeGreaterThan(0.88 * 4 * MAX_BYTES);
    }
    expect(() => storage.set('x'.repeat(MAX_BYTES), 'k', true)).toThrow(tooLarge);
  });

  it('takes what several ops have stored at once for used', () => {
    const storage = new SlabStorage({ maxBytes: 256 * 1024 }, seeded());
    const op = (key: string) => ({ op: 'set' as const, key, value: 'v'.repeat(50) });
    for (let i = 0; i < 5_000; i++) storage.write('t', [op(`${i}`), op(`other ${i}`)]);
    expect(storage.stats().evictions).toBeGreaterThan(5_000);
    const recent = Array.from({ length: 200 }, (_, i) => `${4_999 - i}`);
    expect(storage.getMany('t', recent).every((value) => value !== undefined)).toBe(true);
  });

  it('takes the tables that are emptied for gone', () => {
    const storage = new SlabStorage({ maxBytes: MAX_BYTES }, seeded());
    storage.set('old', 'k', 1n);
    for (let i = 0; i < 5_000; i++) storage.set('t', `${i}`, 'v'.repeat(50));
    expect(storage.stats().tables).toBe(1);
    expect(storage.getAll('old')).toEqual([]);
    expect(storage.set('old', 'k', 2n)).toBeUndefined();
    expect(storage.get('old', 'k')).toBe(2n);
  });

  it('refuses a write that is too large for it, and evicts nothing for that', () => {
    const storage = new SlabStorage({ maxBytes: MAX_BYTES });
    for (let i = 0; i < 100; i++) storage.set('t', `${i}`, 'v');
    const large = new Uint8Array(MAX_BYTES / 2);
    expect(() => storage.set('t', '1', large)).toThrow(tooLarge);
    expect(() => storage.set('new', 'k', large)).toThrow(tooLarge);
    const half = { op: 'set' as const, key: 'k', value: large.subarray(MAX_BYTES / 4) };
    expect(() => storage.write('t', [half, { ...half, key: 'l' }])).toThrow(tooLarge);
    expect(storage.stats()).toMatchObject({ tables: 1, entries: 100, evictions: 0 });
    expect(storage.get('t', '1')).toBe('v');
  });

  it('is kept if an index shrinks for a write that it then has to grow for', () => {
    const maxBytes = 8 * MAX_BYTES - 1;
    const storage = new SlabStorage({ maxBytes }, seeded());
    const [many, few] = [6_300, 2_060];
    for (let i = 0; i < many; i++) storage.set('t', `${i}`, true);
    for (let i = few; i < many; i++) storage.del('t', `${i}`);
    for (let i = 0; storage.stats().evictions === 0; i++) {
      storage.set('other', `${i}`, 'v'.repeat(300));
      for (let j = 0; j < few; j++) storage.get('t', `${j}`);
    }
    const ops = sets(4_400);
    storage.write('t', ops);
    expect(bytesOf(storage)).toBeLessThanOrEqual(maxBytes);
    expect(ops.every(({ key }) => storage.contains('t', key))).toBe(true);
  });

  it.each([
    [183_729, 627, 2_825],
    [248_066, 2_978, 3_488],
    [155_766, 1_358, 2_394],
  ])(
    'of %d, less what its index needs, is what a write must fit, or nothing is evicted',
    (maxBytes, fill, count) => {
      const storage = new SlabStorage({ maxBytes }, seeded());
      for (let i = 0; i < fill; i++) storage.set('t', `${i}`, true);
      const before = storage.stats();
      expect(() => storage.write('t', sets(count))).toThrow(tooLarge);
      expect(storage.stats()).toEqual(before);
    },
  );

  it('counts for nothing what is deleted', () => {
    const storage = new SlabStorage({ maxBytes: MAX_BYTES });
    for (let i = 0; i < 200; i++) storage.set('t', `${i}`, 'v');
    const absent = Array.from(
      { length: 10_000 },
      (_, i) => ({ op: 'delete', key: `absent ${i}` }) as const,
    );
    expect(storage.write('t', absent).every((old) => old === undefined)).toBe(true);
    expect(storage.stats()).toMatchObject({ entries: 200, evictions: 0 });
    const full = new SlabStorage({ maxBytes: MAX_BYTES });
    for (let i = 0; full.stats().evictions === 0; i++) full.set('t', `${i}`, 'v'.repeat(50));
    const { evictions } = full.stats();
    full.write('t', absent);
    expect(full.stats().evictions).toBe(evictions);
  });

  it('is kept though chance always leads to a slot with nothing in it', () => {
    const storage = new SlabStorage({ maxBytes: MAX_BYTES }, { ...seeded(), random: () => 0 });
    for (let i = 0; i < 3_000; i++) storage.set('t', `${i}`, 'v'.repeat(50));
    expect(storage.stats().evictions).toBeGreaterThan(1_000);
    expect(bytesOf(storage)).toBeLessThanOrEqual(MAX_BYTES);
  });

  it('has no more evicted for a large value than has to go', () => {
    const storage = new SlabStorage({ maxBytes: 4 * MAX_BYTES }, seeded());
    for (let i = 0; i < 5_000; i++) storage.set('t', `${i}`, 'v'.repeat(50));
    for (let i = 0; i < 5; i++) {
      storage.set('large', 'k', new Uint8Array(MAX_BYTES - 1_000 * i));
      const { liveBytes, indexBytes, tableBytes } = storage.stats();
      expect(liveBytes).toBeGreaterThan(0.7 * (4 * MAX_BYTES - indexBytes - tableBytes));
      for (let j = 0; j < 1_000; j++) storage.set('t', `${i} ${j}`, 'v'.repeat(50));
    }
  });

  it('makes room for a large value at the cost of many small ones', () => {
    const storage = new SlabStorage({ maxBytes: MAX_BYTES });
    for (let i = 0; i < 2_000; i++) storage.set('t', `${i}`, 'v');
    const large = new Uint8Array(MAX_BYTES / 2 - 1_200);
    for (let i = 0; i < 10; i++) {
      storage.set('large', `${i}`, large);
      expect(storage.get('large', `${i}`)).toEqual(large);
      expect(bytesOf(storage)).toBeLessThanOrEqual(MAX_BYTES);
    }
    expect(storage.getAll('large').length).toBe(1);
    expect(storage.stats()).toMatchObject({ tables: 1, indexBytes: 128 });
  });
});
