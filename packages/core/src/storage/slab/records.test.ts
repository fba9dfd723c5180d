import { KvError } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { Heap } from './heap.js';
import { MAX_KEY_BYTES, MAX_VALUE_BYTES, recordUnits } from './records.js';
import { checkedUnits } from './slab-store.js';

const HEADER_BYTES = 20;

describe('the size of a record', () => {
  it.each([
    ['the smallest', 1, 2, 4],
    ['one that fills its last unit', 4, 8, 4],
    ['one a byte longer', 4, 9, 5],
    ['one with the longest value', 1, MAX_VALUE_BYTES, (HEADER_BYTES + 4 + 2 ** 31) / 8],
    [
      'the largest',
      MAX_KEY_BYTES,
      MAX_VALUE_BYTES,
      Math.ceil((HEADER_BYTES + 2 ** 24 + 2 ** 31) / 8),
    ],
  ])('is right of %s', (_, keyBytes, valueBytes, units) => {
    expect(recordUnits(keyBytes, valueBytes)).toBe(units);
    expect(checkedUnits(keyBytes, valueBytes)).toBe(units);
  });

  it.each([
    ['key', MAX_KEY_BYTES + 1, 1, "The key exceeds the storage's limit of 16777215 bytes"],
    ['value', 1, MAX_VALUE_BYTES + 1, "The value exceeds the storage's limit of 2147483647 bytes"],
  ])('is refused of one with a longer %s', (_, keyBytes, valueBytes, message) => {
    expect(() => checkedUnits(keyBytes, valueBytes)).toThrow(new KvError('TOO_LARGE', message));
  });

  it('is what a heap asks for, and gives back, of the largest', () => {
    const asked: number[] = [];
    const heap = new Heap(1024, (bytes) => {
      asked.push(bytes);
      return new ArrayBuffer(8);
    });
    const units = recordUnits(MAX_KEY_BYTES, MAX_VALUE_BYTES);
    expect(heap.opening(units)).toBe(units * 8);
    expect(heap.openingAtMost(0, 3 * units)).toBe(3 * units * 8);
    const addresses = [heap.take(units), heap.take(units), heap.take(units)];
    expect(asked).toEqual([units * 8, units * 8, units * 8]);
    expect(heap.liveBytes).toBe(3 * units * 8);
    for (const address of addresses) heap.release(address, units);
    expect([heap.liveBytes, heap.pageBytes]).toEqual([0, 0]);
  });
});
