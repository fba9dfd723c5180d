import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from './fifo.js';

/** Bursts, so that the queue grows past the sizes at which it tidies itself up. */
type Step = readonly [kind: 'push' | 'shift', count: number];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(fc.constantFrom('push', 'shift'), fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 3_000 }))),
  { maxLength: 12 },
);

function fifoOf(...items: number[]): Fifo<number> {
  const fifo = new Fifo<number>();
  for (const item of items) fifo.push(item);
  return fifo;
}

describe('a first-in, first-out queue', () => {
  it('does what an array does', () => {
    fc.assert(
      fc.property(steps, (run) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        let next = 0;
        for (const [kind, count] of run) {
          for (let i = 0; i < count; i++) {
            if (kind === 'push') {
              fifo.push(next);
              model.push(next++);
            } else if (fifo.shift() !== model.shift()) {
              expect.fail('another item than the oldest was taken out');
            }
          }
          expect(fifo.length).toBe(model.length);
          expect(fifo.peek()).toBe(model[0]);
          expect([...fifo]).toEqual(model);
        }
      }),
    );
  });

  it('is empty at first, and again when all has been taken out', () => {
    const fifo = new Fifo<number>();
    expect([fifo.length, fifo.peek(), fifo.shift(), [...fifo]]).toEqual([
      0,
      undefined,
      undefined,
      [],
    ]);
    fifo.push(1);
    fifo.shift();
    expect([fifo.length, fifo.peek(), fifo.shift(), [...fifo]]).toEqual([
      0,
      undefined,
      undefined,
      [],
    ]);
  });

  it('shows its oldest item without taking it out', () => {
    const fifo = fifoOf(1, 2);
    expect([fifo.peek(), fifo.peek(), fifo.length]).toEqual([1, 1, 2]);
  });

  it('can be looked through without taking anything out', () => {
    const fifo = fifoOf(1, 2, 3);
    fifo.shift();
    expect([...fifo, ...fifo]).toEqual([2, 3, 2, 3]);
    expect(fifo.length).toBe(2);
  });
});
