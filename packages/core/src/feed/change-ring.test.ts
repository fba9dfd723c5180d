import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeRing } from './change-ring.js';
import type { FeedChange } from './feed-change.js';

function changeOf(sequence: number, value = 'x'): FeedChange {
  const position = { epoch: 1, sequence };
  return { position, table: 't', key: 'k', cause: 'set', value, old: undefined, oldKnown: true };
}

describe('a ring of changes', () => {
  it('has the last of them, by their sequences', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.nat(500),
        fc.integer({ min: 1, max: 60 }),
        (before, count, max) => {
          const ring = new ChangeRing({ maxChanges: max, maxBytes: 1e6 }, before);
          for (let i = 1; i <= count; i++) ring.push(changeOf(before + i));
          expect(ring.last).toBe(before + count);
          expect(ring.dropped).toBe(before + Math.max(0, count - max));
          for (let at = before - 1; at <= before + count + 1; at++) {
            const isThere = at > ring.dropped && at <= ring.last;
            expect(ring.at(at)?.position.sequence).toBe(isThere ? at : undefined);
          }
        },
      ),
    );
  });

  it('has no more bytes than it may, and nothing of what alone has more', () => {
    const ring = new ChangeRing({ maxChanges: 100, maxBytes: 1000 }, 0);
    for (let i = 1; i <= 10; i++) ring.push(changeOf(i, 'x'.repeat(200)));
    expect([ring.dropped, ring.last]).toEqual([7, 10]);
    ring.push(changeOf(11, 'x'.repeat(1001)));
    expect([ring.dropped, ring.last]).toEqual([11, 11]);
    ring.push(changeOf(12));
    expect(ring.at(12)?.value).toBe('x');
  });

  it('counts on when all is dropped', () => {
    const ring = new ChangeRing({ maxChanges: 100, maxBytes: 1000 }, 5);
    ring.push(changeOf(6));
    ring.clear();
    expect([ring.dropped, ring.last, ring.at(6)]).toEqual([6, 6, undefined]);
  });
});
