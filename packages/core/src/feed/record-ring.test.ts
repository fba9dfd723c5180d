import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
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
        const ring = new RecordRing<number>(Number.POSITIVE_INFINITY);
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
    const ring = new RecordRing<number>(1024 * 1024);
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

  it('has no more memory than twice the bytes that they may have, whatever they are long', () => {
    const maxBytes = 200_000;
    const lengths = fc.array(fc.integer({ min: 0, max: maxBytes }), { maxLength: 100 });
    fc.assert(
      fc.property(lengths, (pushed) => {
        const ring = new RecordRing<number>(maxBytes);
        pushed.forEach((length, tag) => {
          while (ring.count > 0 && ring.used + length > maxBytes) ring.shift();
          ring.push(tag, recordOf(tag, length));
          expect(ring.capacity).toBeLessThanOrEqual(2 * maxBytes);
        });
        for (let i = 0; i < ring.count; i++) {
          const tag = ring.tagAt(i);
          expect(Buffer.compare(ring.at(i), recordOf(tag, pushed[tag] as number))).toBe(0);
        }
      }),
    );
  });

  it('is as it was if there is no memory for one more', () => {
    const ring = new RecordRing<number>(1024 * 1024);
    ring.push(1, recordOf(1, 60_000));
    const limited = vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation(() => {
      throw new RangeError('Array buffer allocation failed');
    });
    onTestFinished(() => limited.mockRestore());
    expect(() => ring.push(2, recordOf(2, 60_000))).toThrow(RangeError);
    expect([ring.count, ring.used, ring.tagAt(0), ring.at(0).length]).toEqual([
      ...[1, 60_000, 1, 60_000],
    ]);
  });
});
