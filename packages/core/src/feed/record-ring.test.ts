import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordRing } from './record-ring.js';

/** What is done to a ring: a record of so many bytes, the oldest dropped, or all. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 40_000 }) },
  { weight: 4, arbitrary: fc.constant('shift' as const) },
  { weight: 1, arbitrary: fc.constant('clear' as const) },
);

function recordOf(tag: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(tag % 251);
}

describe('a ring of records', () => {
  it('is a queue, whatever the records are long', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const ring = new RecordRing<number>();
        let model: { tag: number; length: number }[] = [];
        steps.forEach((done, tag) => {
          if (done === 'clear') {
            ring.clear();
            model = [];
          } else if (done === 'shift') {
            if (model.length > 0) expect(ring.shift()).toBe(model.shift()?.tag);
          } else {
            ring.push(tag, recordOf(tag, done));
            model.push({ tag, length: done });
          }
          expect(ring.count).toBe(model.length);
          expect(ring.used).toBe(model.reduce((sum, { length }) => sum + length, 0));
        });
        model.forEach(({ tag, length }, i) => {
          expect(ring.tagAt(i)).toBe(tag);
          expect(Buffer.compare(ring.at(i), recordOf(tag, length))).toBe(0);
        });
      }),
    );
  });

  it('goes round as long as there is room, however many leave and come', () => {
    const ring = new RecordRing<number>();
    for (let i = 0; i < 10_000; i++) {
      ring.push(i, recordOf(i, 1 + (i % 300)));
      if (ring.count > 100) expect(ring.shift()).toBe(i - 100);
    }
    expect(Array.from({ length: 100 }, (_, i) => ring.tagAt(i))).toEqual(
      Array.from({ length: 100 }, (_, i) => 9900 + i),
    );
    // A hundred of them have 15,000 bytes or so.
    expect(ring.capacity).toBeLessThanOrEqual(64 * 1024);
  });
});
