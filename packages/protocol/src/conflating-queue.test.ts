import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConflatingQueue } from './conflating-queue.js';
import type { QueueLimits } from './waiting-queue.js';

interface Item {
  readonly key: string;
  readonly bytes: number;
  /** The numbers of all that it stands for. */
  readonly of: readonly number[];
}

function aQueue(limits: QueueLimits) {
  const dropped: Item[] = [];
  const conflation = {
    keyOf: ({ key }: Item) => key,
    merge: ({ of }: Item, later: Item) => ({ ...later, of: [...of, ...later.of] }),
  };
  const queue = new ConflatingQueue<Item>(limits, conflation, {
    dropped: (item) => void dropped.push(item),
  });
  return { queue, dropped };
}

const step = fc.option(
  fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), bytes: fc.nat(20) }),
  { freq: 3 },
);

describe('a conflating queue', () => {
  it('has one item of each key, where the last came, that stands for all of them', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 300 }),
        fc.integer({ min: 1, max: 6 }),
        (steps, max) => {
          const limits = { maxMessages: max, maxBytes: 40 };
          const { queue, dropped } = aQueue(limits);
          let model: Item[] = [];
          steps.forEach((pushed, i) => {
            if (pushed === null) {
              expect(queue.shift()).toEqual(model.shift());
            } else {
              const item = { ...pushed, of: [i] };
              const earlier = model.find(({ key }) => key === item.key);
              model = model.filter((each) => each !== earlier);
              const before = dropped.length;
              expect(queue.push(item)).toBe(true);
              for (const each of dropped.slice(before)) expect(each).toEqual(model.shift());
              model.push({ ...item, of: [...(earlier?.of ?? []), i] });
            }
            expect(queue.length).toBe(model.length);
            expect(queue.bytes).toBe(model.reduce((sum, { bytes }) => sum + bytes, 0));
            expect(queue.length).toBeLessThanOrEqual(max);
            expect(queue.length < 2 || queue.bytes <= 40).toBe(true);
          });
          for (const item of model) expect(queue.shift()).toEqual(item);
          expect([queue.shift(), queue.bytes]).toEqual([undefined, 0]);
        },
      ),
    );
  });

  it('keeps the order of those that are not replaced, however often others are', () => {
    const { queue } = aQueue({ maxMessages: 100, maxBytes: 1e6 });
    for (const key of ['x', 'y', 'z']) queue.push({ key, bytes: 1, of: [0] });
    for (let i = 0; i < 1000; i++) queue.push({ key: 'y', bytes: 1, of: [] });
    expect([queue.shift()?.key, queue.shift()?.key, queue.shift()?.key]).toEqual(['x', 'z', 'y']);
  });
});
