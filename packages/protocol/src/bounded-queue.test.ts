import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedQueue } from './bounded-queue.js';
import { OVERFLOW_POLICIES, type Overflow } from './overflow-policy.js';
import type { Sized } from './sized.js';
import type { QueueLimits } from './waiting-queue.js';

interface Setting {
  readonly queue: BoundedQueue<Sized>;
  readonly dropped: Sized[];
}

function aQueue(overflow: Overflow, limits: QueueLimits): Setting {
  const dropped: Sized[] = [];
  const listener = { dropped: (item: Sized) => void dropped.push(item) };
  return { queue: new BoundedQueue(limits, OVERFLOW_POLICIES[overflow], listener), dropped };
}

const item = (bytes = 1): Sized => ({ bytes });
const all = ({ length }: BoundedQueue<Sized>, queue: BoundedQueue<Sized>): unknown[] =>
  Array.from({ length }, () => queue.shift());

describe('a bounded queue', () => {
  it.each<[string, QueueLimits]>([
    ['messages', { maxMessages: 3, maxBytes: 100 }],
    ['bytes', { maxMessages: 100, maxBytes: 30 }],
  ])('that refuses what has no room holds no more %s than it may', (_, limits) => {
    const { queue, dropped } = aQueue('error', limits);
    const items = Array.from({ length: 4 }, () => item(10));
    expect(items.map((each) => queue.push(each))).toEqual([true, true, true, false]);
    expect([queue.length, queue.bytes, dropped]).toEqual([3, 30, []]);
    expect(all(queue, queue)).toEqual(items.slice(0, 3));
    expect([queue.length, queue.bytes, queue.shift()]).toEqual([0, 0, undefined]);
  });

  it.each<[string, QueueLimits]>([
    ['messages', { maxMessages: 3, maxBytes: 100 }],
    ['bytes', { maxMessages: 100, maxBytes: 30 }],
  ])('that drops what is oldest tells of it, and holds no more %s than it may', (_, limits) => {
    const { queue, dropped } = aQueue('drop-oldest', limits);
    const items = Array.from({ length: 5 }, () => item(10));
    for (const each of items) expect(queue.push(each)).toBe(true);
    expect(dropped).toEqual(items.slice(0, 2));
    expect(dropped.map((each) => items.indexOf(each))).toEqual([0, 1]);
    expect(all(queue, queue)).toEqual(items.slice(2));
  });

  it.each(['error', 'drop-oldest'] as const)(
    'has room for a single item, however large it is: %s',
    (overflow) => {
      const { queue } = aQueue(overflow, { maxMessages: 1, maxBytes: 1 });
      expect(queue.push(item(1000))).toBe(true);
      expect(queue.push(item(1000))).toBe(overflow === 'drop-oldest');
      expect([queue.length, queue.bytes]).toEqual([1, 1000]);
    },
  );

  it('is never beyond its limits, but for a single item, and loses nothing untold', () => {
    const steps = fc.array(fc.option(fc.nat({ max: 20 })));
    fc.assert(
      fc.property(fc.constantFrom<Overflow>('error', 'drop-oldest'), steps, (overflow, run) => {
        const { queue, dropped } = aQueue(overflow, { maxMessages: 4, maxBytes: 30 });
        const model: Sized[] = [];
        for (const bytes of run) {
          if (bytes === null) {
            expect(queue.shift()).toBe(model.shift());
          } else {
            const before = dropped.length;
            const each = item(bytes);
            if (queue.push(each)) model.push(each);
            for (const gone of dropped.slice(before)) expect(model.shift()).toBe(gone);
          }
          expect(queue.length).toBe(model.length);
          expect(queue.bytes).toBe(model.reduce((sum, each) => sum + each.bytes, 0));
          expect(queue.length).toBeLessThanOrEqual(4);
          expect(queue.length < 2 || queue.bytes <= 30).toBe(true);
        }
      }),
    );
  });
});
