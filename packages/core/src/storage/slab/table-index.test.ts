import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HalfSipHash } from './half-sip-hash.js';
import type { Segment } from './segment.js';
import { Segments } from './segments.js';
import { type Found, TableIndex } from './table-index.js';

const index = (segments = new Segments((bytes) => new ArrayBuffer(bytes))): TableIndex =>
  new TableIndex(segments);

/** Adds an entry whose address is its own. */
function add(to: TableIndex, hash: number, address: number): void {
  to.reserve(hash);
  to.insert(hash, address);
}

function remove(from: TableIndex, hash: number, address: number): void {
  from.remove(hash, address);
  from.shrink(hash);
}

/** Whether a search would find it. */
function has({ slots, ...segment }: Segment, hash: number, address: number): boolean {
  void segment;
  for (let at = 0; at < slots.length; at += 2) {
    if (slots[at] === hash && slots[at + 1] === address) return true;
  }
  return false;
}

/** Looks for an address as a table does: from the home of its hash on, up to the first empty slot. */
function reachable(of: TableIndex, hash: number, address: number): boolean {
  const segment = of.segment(hash);
  for (let at = segment.home(hash); segment.slots[at + 1] !== 0; at = segment.after(at)) {
    if (segment.slots[at] === hash && segment.slots[at + 1] === address) return true;
  }
  return false;
}

/** All addresses, as a scan with such a limit shows them. */
function collected(of: TableIndex, limit: number): number[] {
  const all: number[] = [];
  let cursor = 0;
  do {
    const found: Found[] = [];
    const next = of.collect(cursor, limit, found);
    expect(next === 0 || next > cursor, 'the cursor moves on').toBe(true);
    all.push(...found.map(({ address }) => address));
    cursor = next;
  } while (cursor !== 0);
  return all;
}

/** A hash for each number, spread over all 32 bits. */
const spread = (i: number): number => Math.imul(i, 0x9e3779b1) | 0;

/** So many hashes that begin with these bits, spread over those that follow. */
const within = (bits: number, first: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (first << (32 - bits)) | (spread(i + 1) >>> bits));

describe('an index', () => {
  it('is nothing while it is empty, and small while it is small', () => {
    const segments = new Segments((bytes) => new ArrayBuffer(bytes));
    const some = index(segments);
    expect([some.count, segments.bytes]).toEqual([0, 0]);
    expect(reachable(some, 1, 1)).toBe(false);
    add(some, 1, 1);
    expect([some.count, segments.bytes]).toEqual([1, 128]);
    remove(some, 1, 1);
    expect([some.count, segments.bytes, segments.all.length]).toEqual([0, 0, 0]);
  });

  it('finds everything while it grows and while it shrinks, and gives its memory back', () => {
    const segments = new Segments((bytes) => new ArrayBuffer(bytes));
    const some = index(segments);
    const count = 40_000;
    for (let i = 1; i <= count; i++) add(some, spread(i), i);
    expect(segments.all.length).toBeGreaterThan(4);
    expect(segments.bytes / count).toBeLessThan(22);
    for (let i = 1; i <= count; i++) expect(reachable(some, spread(i), i)).toBe(true);
    expect(new Set(collected(some, 100)).size).toBe(count);
    for (let i = 1; i <= count - 100; i++) remove(some, spread(i), i);
    expect(segments.bytes).toBeLessThan(10_000);
    for (let i = count - 99; i <= count; i++) expect(reachable(some, spread(i), i)).toBe(true);
    expect(collected(some, 10).length).toBe(100);
  });

  it('never does more than to divide a segment at one time', () => {
    const sizes: number[] = [];
    const segments = new Segments((bytes) => {
      sizes.push(bytes);
      return new ArrayBuffer(bytes);
    });
    const some = index(segments);
    for (let i = 1; i <= 100_000; i++) add(some, spread(i), i);
    expect(Math.max(...sizes)).toBe(64 * 1024);
  });

  it('joins halves that are nearly empty, and only those that are halves of one', () => {
    const segments = new Segments((bytes) => new ArrayBuffer(bytes));
    const some = index(segments);
    const low = within(1, 0, 4_000);
    const high = within(1, 1, 9_000);
    low.forEach((hash, i) => {
      add(some, hash, i + 1);
    });
    high.forEach((hash, i) => {
      add(some, hash, 10_000 + i);
    });
    // One of the low half, and two of quarters.
    expect([0, -1].map((hash) => some.segment(hash).depth)).toEqual([1, 2]);
    expect(segments.all.length).toBe(3);
    const leave = (lows: number, highs: number): void => {
      while (low.length > lows) remove(some, low.pop() as number, low.length + 1);
      while (high.length > highs) remove(some, high.pop() as number, high.length + 10_000);
      expect(low.every((hash, i) => reachable(some, hash, i + 1))).toBe(true);
      expect(high.every((hash, i) => reachable(some, hash, i + 10_000))).toBe(true);
    };
    leave(500, 9_000);
    expect(segments.all.length).toBe(3);
    leave(500, 2_500);
    leave(400, 2_500);
    expect(segments.all.length).toBe(3);
    leave(400, 1_500);
    expect(segments.all.length).toBe(2);
    leave(400, 1_000);
    expect(segments.all.length).toBe(1);
  });

  it('does not join what would be nearly full', () => {
    const segments = new Segments((bytes) => new ArrayBuffer(bytes));
    const some = index(segments);
    const [low, high] = [within(1, 0, 4_000), within(1, 1, 4_000)];
    [...low, ...high].forEach((hash, i) => {
      add(some, hash, i + 1);
    });
    while (low.length > 500) remove(some, low.pop() as number, low.length + 1);
    expect(segments.all.length).toBe(2);
  });

  it('keeps its size while entries come and go', () => {
    let allocations = 0;
    const some = index(
      new Segments((bytes) => {
        allocations++;
        return new ArrayBuffer(bytes);
      }),
    );
    /** Whether a change allocated; then that change is undone and made again, for nothing. */
    const settled = (change: () => void, back: () => void): void => {
      const before = allocations;
      change();
      const after = allocations;
      if (after === before) return;
      for (let i = 0; i < 3; i++) {
        back();
        change();
      }
      expect(allocations).toBe(after);
    };
    const count = 20_000;
    // A table of one entry is made, and gone, with it.
    add(some, spread(1), 1);
    for (let i = 2; i <= count; i++) {
      settled(
        () => add(some, spread(i), i),
        () => remove(some, spread(i), i),
      );
    }
    for (let i = count; i > 2; i--) {
      settled(
        () => remove(some, spread(i), i),
        () => add(some, spread(i), i),
      );
    }
  });

  it('says by how much it will grow', () => {
    const segments = new Segments((bytes) => new ArrayBuffer(bytes));
    const some = index(segments);
    for (let i = 1; i <= 30_000; i++) {
      const before = segments.bytes;
      const growth = some.growth(spread(i));
      add(some, spread(i), i);
      expect(segments.bytes - before).toBe(growth);
    }
  });

  it('says by how much it will grow at the most if many are added', () => {
    const hash = new HalfSipHash(new Uint8Array(8));
    const key = new DataView(new ArrayBuffer(4));
    const hashOf = (i: number): number => {
      key.setUint32(0, i);
      return hash.hash(key, 0, 4);
    };
    let [excess, told] = [0, 0];
    // With 12,288 entries, two segments are full: one of them is before, for they are not quite even.
    for (const total of [10, 100, 6_144, 11_000, 12_000, 12_250, 12_288, 18_000, 24_500]) {
      for (let round = 0; round < 10; round++) {
        const segments = new Segments((bytes) => new ArrayBuffer(bytes));
        const some = index(segments);
        const hashes = Array.from({ length: total }, (_, i) => hashOf(total * round + i));
        const later = hashes.splice(total >> 1);
        hashes.forEach((each, i) => void add(some, each, i + 1));
        const before = segments.bytes;
        const growth = some.growthForAll(later);
        later.forEach((each, i) => void add(some, each, hashes.length + i + 1));
        expect(segments.bytes - before, `of ${total}`).toBeLessThanOrEqual(growth);
        excess += growth - (segments.bytes - before);
        told += growth;
      }
    }
    expect(excess / told).toBeLessThan(0.5);
  });

  it.each([
    ['at the end of a segment, so that runs go round to its beginning', 0xffff_ffff],
    ['at its beginning', 0],
    ['somewhere', 0x1234_5678],
  ])('bears hashes that all agree, %s', (_, value) => {
    const hash = value | 0;
    const segments = new Segments((bytes) => new ArrayBuffer(bytes));
    const some = index(segments);
    const count = 7_000;
    for (let i = 1; i <= count; i++) add(some, hash, i);
    expect(segments.all.length).toBeLessThan(3);
    expect(collected(some, 10).sort((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, i) => i + 1),
    );
    for (let i = 1; i < count; i++) remove(some, hash, i);
    expect(reachable(some, hash, count)).toBe(true);
    expect(has(some.segment(hash), hash, count - 1)).toBe(false);
  });

  it.each([
    ['the first', 0],
    ['the last', -1],
    ['one among the others', 0x1234_5678],
  ])('divides what has become large by a hash that many share, %s, when others come', (_, hash) => {
    const segments = new Segments((bytes) => new ArrayBuffer(bytes));
    const some = index(segments);
    const sizes = (): number[] => segments.all.map(({ size }) => size).sort((a, b) => a - b);
    const hashes = new Map<number, number>();
    let foretold = 0;
    const addOne = (each: number): void => {
      foretold += some.growth(each);
      hashes.set(hashes.size + 1, each);
      add(some, each, hashes.size);
    };
    const holdsAll = (): void => {
      expect([...hashes].filter(([address, each]) => !reachable(some, each, address))).toEqual([]);
      expect(collected(some, 100).sort((a, b) => a - b)).toEqual([...hashes.keys()]);
    };
    while (hashes.size < 6_500) addOne(hash);
    expect(sizes()).toEqual([16_384]);
    holdsAll();
    while (segments.all.length === 1) addOne(spread(hashes.size));
    expect(sizes()).toEqual([16_384, 16_384]);
    holdsAll();
    while (hashes.size < 25_000) addOne(spread(hashes.size));
    holdsAll();
    expect(segments.bytes).toBe(foretold);
    for (const [address, each] of [...hashes].slice(0, -100)) {
      remove(some, each, address);
      hashes.delete(address);
    }
    holdsAll();
    for (const [address, each] of hashes) remove(some, each, address);
    expect([some.count, segments.bytes, segments.all.length]).toEqual([0, 0, 0]);
  });

  it('does not show an entry again whose home has become that of the next one, too', () => {
    const some = index();
    add(some, 0, 1);
    add(some, 0x0800_0000, 2);
    for (let i = 3; i <= 30; i++) add(some, 0x8000_0000 | (i << 24), i);
    const seen: Found[] = [];
    const cursor = some.collect(0, 1, seen);
    for (let i = 4; i <= 30; i++) remove(some, 0x8000_0000 | (i << 24), i);
    expect(some.segment(0).size).toBe(16);
    some.collect(cursor, 10, seen);
    expect(seen.map(({ address }) => address)).toEqual([1, 2, 3]);
  });

  it('bears hashes that agree in all but their last bits', () => {
    const some = index();
    for (let i = 1; i <= 20_000; i++) add(some, 0xabcd_0000 | (i & 0xff) | 0, i);
    for (let i = 1; i <= 20_000; i++) {
      expect(reachable(some, 0xabcd_0000 | (i & 0xff) | 0, i)).toBe(true);
    }
    expect(new Set(collected(some, 100)).size).toBe(20_000);
  });

  it('stays as it is when there is no memory', () => {
    let left = Number.POSITIVE_INFINITY;
    const segments = new Segments((bytes) => {
      if (left-- <= 0) throw new RangeError('Array buffer allocation failed');
      return new ArrayBuffer(bytes);
    });
    const some = index(segments);
    let count = 0;
    const fail = (): void => {
      const { bytes } = segments;
      expect(() => some.reserve(spread(count + 1))).toThrow(
        expect.objectContaining({ code: 'STORAGE_FAILURE' }),
      );
      expect(segments.bytes).toBe(bytes);
    };
    while (count < 13_000) {
      const grows = some.growth(spread(count + 1)) > 0;
      left = 0;
      if (grows) fail();
      left = Number.POSITIVE_INFINITY;
      count++;
      add(some, spread(count), count);
    }
    left = 0;
    for (let i = 1; i < count; i++) remove(some, spread(i), i);
    expect(reachable(some, spread(count), count)).toBe(true);
  });

  it('is a multimap, whatever the hashes, and shows each entry once during changes', () => {
    // Few bits that differ, at the end or at the beginning: runs, and runs that go round.
    const hash = fc.oneof(
      fc.nat({ max: 7 }).map((bits) => bits << 29),
      fc.nat({ max: 7 }).map((bits) => -1 - (bits << 25)),
      fc.integer(),
    );
    const change = fc.record({ add: fc.boolean(), hash, pick: fc.nat() });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 300 }),
        fc.integer({ min: 1, max: 20 }),
        (changes, limit) => {
          const some = index();
          const model = new Map<number, number>();
          let address = 0;
          let cursor = 0;
          let throughout = new Set<number>();
          let seen: number[] = [];
          for (const { add: adds, hash, pick } of changes) {
            if (adds || model.size === 0) {
              add(some, hash, ++address);
              model.set(address, hash);
            } else {
              const gone = [...model.keys()][pick % model.size] as number;
              remove(some, model.get(gone) as number, gone);
              model.delete(gone);
              throughout.delete(gone);
            }
            if (pick % 4 !== 0) continue;
            if (cursor === 0) {
              throughout = new Set(model.keys());
              seen = [];
            }
            const found: Found[] = [];
            cursor = some.collect(cursor, limit, found);
            seen.push(...found.map(({ address }) => address));
            if (cursor !== 0) continue;
            expect(new Set(seen).size).toBe(seen.length);
            for (const each of throughout) expect(seen).toContain(each);
          }
          expect(some.count).toBe(model.size);
          for (const [each, hash] of model) expect(reachable(some, hash, each)).toBe(true);
          expect(collected(some, limit).sort((a, b) => a - b)).toEqual([...model.keys()]);
        },
      ),
    );
  });
});

describe('an index that is made ready for so many records', () => {
  it.each([1, 12, 13, 1000, 6144, 6145, 100_000])('takes %i without an allocation', (count) => {
    let allocations = 0;
    const segments = new Segments((bytes) => {
      allocations++;
      return new ArrayBuffer(bytes);
    });
    const ready = index(segments);
    ready.presize(count);
    const { bytes } = segments;
    const before = allocations;
    for (let i = 1; i <= count; i++) add(ready, spread(i), i);
    expect([allocations, segments.bytes]).toEqual([before, bytes]);
    // As full as one that has grown by itself may be, or half of that.
    expect(bytes).toBeLessThanOrEqual(Math.max(16, count * 3) * 8);
    expect(collected(ready, 64).sort((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, i) => i + 1),
    );
  });

  it('stays as it is if there is something in it', () => {
    const segments = new Segments((bytes) => new ArrayBuffer(bytes));
    const used = index(segments);
    add(used, 5, 1);
    const { bytes } = segments;
    used.presize(1e6);
    expect(segments.bytes).toBe(bytes);
    expect(reachable(used, 5, 1)).toBe(true);
  });

  it('has nothing when there is not the memory', () => {
    let left = 3;
    const segments = new Segments((bytes) => {
      if (left-- === 0) throw new RangeError('Array buffer allocation failed');
      return new ArrayBuffer(bytes);
    });
    const none = index(segments);
    expect(() => none.presize(100_000)).toThrow(
      expect.objectContaining({ code: 'STORAGE_FAILURE' }),
    );
    expect([segments.bytes, segments.all]).toEqual([0, []]);
    left = 3;
    add(none, 5, 1);
    expect(reachable(none, 5, 1)).toBe(true);
  });
});
