import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from './heap.js';

const PAGE_BYTES = 1024;
const PAGE_UNITS = 128;

const heap = (): Heap => new Heap(PAGE_BYTES, (bytes) => new ArrayBuffer(bytes));

/** Takes whole pages, a quarter page at a time. */
function takePages(from: Heap, pages: number): number[] {
  return Array.from({ length: pages * 4 }, () => from.take(PAGE_UNITS / 4));
}

describe('a heap', () => {
  it('has nothing before something is taken', () => {
    const { pageBytes, liveBytes, deadBytes, headBytes } = heap();
    expect([pageBytes, liveBytes, deadBytes, headBytes]).toEqual([0, 0, 0, 0]);
  });

  it('puts one behind the other, and none at the address 0', () => {
    const some = heap();
    const [a, b] = [some.take(3), some.take(2)];
    expect(a).toBeGreaterThan(0);
    expect(b).toBe(a + 3);
    expect([some.pageBytes, some.liveBytes, some.deadBytes]).toEqual([PAGE_BYTES, 40, 0]);
  });

  it('says what taking will open', () => {
    const some = heap();
    expect(some.opening(1)).toBe(PAGE_BYTES);
    some.take(PAGE_UNITS / 4);
    expect(some.opening(1)).toBe(0);
    expect(some.opening(PAGE_UNITS)).toBe(PAGE_BYTES);
    expect(some.opening(1000)).toBe(8000);
    takePages(some, 3 / 4);
    expect(some.opening(1)).toBe(PAGE_BYTES);
  });

  it('opens nothing for what fits the head to its end, or a page in reserve', () => {
    const some = heap();
    const first = takePages(some, 3 / 4);
    expect(some.opening(PAGE_UNITS / 4)).toBe(0);
    first.push(...takePages(some, 2 / 4));
    for (const address of first.slice(0, 4)) some.release(address, PAGE_UNITS / 4);
    takePages(some, 3 / 4);
    expect([some.pageBytes, some.opening(1)]).toEqual([2 * PAGE_BYTES, 0]);
    some.take(1);
    expect(some.pageBytes).toBe(2 * PAGE_BYTES);
  });

  it('says what taking several will open at the most', () => {
    const units = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(26, 32, 33, 128, 500));
    fc.assert(
      fc.property(
        fc.array(units),
        fc.array(units, { maxLength: 60, size: 'max' }),
        (first, then) => {
          const some = heap();
          for (const each of first) some.take(each);
          const before = some.pageBytes;
          const large = then.filter((each) => each > some.largeUnits);
          const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);
          const most = some.openingAtMost(sum(then) - sum(large), sum(large));
          for (const each of then) some.take(each);
          expect(some.pageBytes - before).toBeLessThanOrEqual(most);
        },
      ),
    );
  });

  it('counts what is released, and the end of a page that stays empty, as dead', () => {
    const some = heap();
    const [first] = [some.take(30), some.take(30), some.take(30), some.take(30)];
    expect(some.deadBytes).toBe(0);
    some.take(30);
    expect(some.deadBytes).toBe(8 * 8);
    some.release(first as number, 30);
    expect([some.liveBytes, some.deadBytes]).toEqual([4 * 30 * 8, (30 + 8) * 8]);
  });

  it('keeps two pages that are free, and gives back the rest', () => {
    const some = heap();
    const addresses = takePages(some, 6);
    expect(some.pageBytes).toBe(6 * PAGE_BYTES);
    for (const address of addresses) some.release(address, PAGE_UNITS / 4);
    // The head, and two in reserve.
    expect([some.pageBytes, some.liveBytes, some.deadBytes]).toEqual([3 * PAGE_BYTES, 0, 0]);
    expect(some.dropSpare()).toBe(true);
    expect(some.dropSpare()).toBe(true);
    expect(some.dropSpare()).toBe(false);
    expect(some.pageBytes).toBe(PAGE_BYTES);
  });

  it('uses the memory and the numbers of free pages again', () => {
    const allocations: number[] = [];
    const some = new Heap(PAGE_BYTES, (bytes) => {
      allocations.push(bytes);
      return new ArrayBuffer(bytes);
    });
    let last = some.take(32);
    for (let i = 0; i < 1000; i++) {
      const next = some.take(32);
      some.release(last, 32);
      last = next;
    }
    expect(allocations.length).toBeLessThan(4);
    expect(some.pages.length).toBeLessThan(4);
  });

  it('begins its head anew when nothing in it is alive', () => {
    const some = heap();
    const first = some.take(7);
    some.release(first, 7);
    expect(some.take(9)).toBe(first);
    expect(some.deadBytes).toBe(0);
  });

  it('gives what is large a page of its own, and takes it back at once', () => {
    const some = heap();
    const small = some.take(1);
    const large = some.take(100_000);
    expect(some.pageBytes).toBe(PAGE_BYTES + 800_000);
    expect(some.take(1)).toBe(small + 1);
    some.release(large, 100_000);
    expect([some.pageBytes, some.deadBytes]).toEqual([PAGE_BYTES, 0]);
  });

  it('takes for large what is more than a quarter of a page', () => {
    const some = heap();
    some.take(PAGE_UNITS / 4);
    some.take(PAGE_UNITS / 4 + 1);
    expect(some.pageBytes).toBe(PAGE_BYTES + (PAGE_UNITS / 4 + 1) * 8);
  });

  it('knows the page with the most dead bytes, if they are worth it', () => {
    const some = heap();
    const addresses = takePages(some, 4);
    expect(some.sparsest()).toBe(0);
    const quarter = PAGE_UNITS / 4;
    for (const i of [1, 8, 9]) some.release(addresses[i] as number, quarter);
    expect(some.sparsest()).toBe((addresses[8] as number) >>> some.placeBits);
    // Not the head, of which the rest may still be used.
    for (const i of [13, 14, 15]) some.release(addresses[i] as number, quarter);
    expect(some.sparsest()).toBe((addresses[8] as number) >>> some.placeBits);
  });

  it('takes an eighth of a page for not worth it', () => {
    const some = heap();
    const eighths = Array.from({ length: 16 }, () => some.take(PAGE_UNITS / 8));
    some.release(eighths[0] as number, PAGE_UNITS / 8);
    expect(some.sparsest()).toBe(0);
    some.release(eighths[1] as number, PAGE_UNITS / 8);
    expect(some.sparsest()).toBe(1);
  });

  it('is as it was when there is no memory', () => {
    let left = 1;
    const cause = new RangeError('Array buffer allocation failed');
    const some = new Heap(PAGE_BYTES, (bytes) => {
      if (left-- === 0) throw cause;
      return new ArrayBuffer(bytes);
    });
    const first = some.take(20);
    const failure = expect.objectContaining({ code: 'STORAGE_FAILURE', cause });
    expect(() => some.take(1000)).toThrow(failure);
    expect([some.pageBytes, some.liveBytes]).toEqual([PAGE_BYTES, 160]);
    expect(some.take(20)).toBe(first + 20);
  });

  it('fails when there are no numbers left for pages', () => {
    const some = new Heap(2 ** 30, () => new ArrayBuffer(8));
    for (let i = 1; i < 32; i++) some.take(2 ** 26);
    expect(() => some.take(2 ** 26)).toThrow(
      expect.objectContaining({
        code: 'STORAGE_FAILURE',
        message: expect.stringContaining('pages'),
      }),
    );
  });
});
