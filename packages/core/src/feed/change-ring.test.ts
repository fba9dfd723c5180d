import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ChangeRing } from './change-ring.js';
import type { FeedChange } from './feed-change.js';

const TABLE = { table: 't' };

function changeOf(sequence: number, rest: Partial<FeedChange> = {}): FeedChange {
  return {
    ...{ position: { epoch: 1, sequence }, table: 't', key: 'k', cause: 'set' },
    ...{ value: 'x', old: undefined, oldKnown: true },
    ...rest,
  };
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
          for (let i = 1; i <= count; i++) ring.push(TABLE, changeOf(before + i));
          expect(ring.last).toBe(before + count);
          expect(ring.dropped).toBe(before + Math.max(0, count - max));
          for (let at = before - 1; at <= before + count + 1; at++) {
            const isThere = at > ring.dropped && at <= ring.last;
            expect(ring.recordedAt(at)).toBe(isThere ? TABLE : undefined);
            expect(ring.at(at)?.position.sequence).toBe(isThere ? at : undefined);
          }
        },
      ),
    );
  });

  it('gives each back as it was, in bytes of its own', () => {
    const ring = new ChangeRing({ maxChanges: 100, maxBytes: 1e6 }, 0);
    const changes: FeedChange[] = [
      changeOf(1, { key: '', value: '', old: 'ü💯' }),
      changeOf(2, { value: Uint8Array.of(1, 2), old: new Uint8Array(0) }),
      changeOf(3, { value: -1n, old: 2n ** 63n - 1n }),
      changeOf(4, { value: -0, old: Number.NaN }),
      changeOf(5, { value: false, old: true }),
      changeOf(6, { cause: 'delete', value: undefined, old: 1n }),
      changeOf(7, { oldKnown: false }),
      changeOf(8, { position: { epoch: Number.MAX_SAFE_INTEGER, sequence: 8 } }),
    ];
    for (const change of changes) ring.push(TABLE, change);
    expect(changes.map((_, i) => ring.at(i + 1))).toEqual(changes);
    (ring.at(2)?.value as Uint8Array)[0] = 9;
    expect(ring.at(2)?.value).toEqual(Uint8Array.of(1, 2));
  });

  it('has no more bytes than it may, and nothing of what alone has more', () => {
    const ring = new ChangeRing({ maxChanges: 100, maxBytes: 1000 }, 0);
    for (let i = 1; i <= 10; i++) ring.push(TABLE, changeOf(i, { value: 'x'.repeat(200) }));
    expect([ring.dropped, ring.last]).toEqual([6, 10]);
    ring.push(TABLE, changeOf(11, { value: 'x'.repeat(1001) }));
    expect([ring.dropped, ring.last]).toEqual([11, 11]);
    ring.push(TABLE, changeOf(12));
    expect(ring.at(12)?.value).toBe('x');
  });

  it('takes no memory for what is far too large', () => {
    const value = new Uint8Array(1024 * 1024);
    const ring = new ChangeRing({ maxChanges: 100, maxBytes: 1000 }, 0);
    const allocated = vi.spyOn(Buffer, 'allocUnsafeSlow');
    onTestFinished(() => allocated.mockRestore());
    ring.push(TABLE, changeOf(1, { value }));
    for (const [bytes] of allocated.mock.calls) expect(bytes).toBeLessThan(value.length);
    expect([ring.dropped, ring.last]).toEqual([1, 1]);
  });

  it('has nothing of what came until there is memory again', () => {
    const dropped: number[] = [];
    const limits = { maxChanges: 100, maxBytes: Number.POSITIVE_INFINITY };
    const ring = new ChangeRing(limits, 0, (_, sequence) => dropped.push(sequence));
    const push = (sequence: number): void =>
      ring.push(TABLE, changeOf(sequence, { value: 'x'.repeat(40_000) }));
    push(1);
    const limited = vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation(() => {
      throw new RangeError('Array buffer allocation failed');
    });
    onTestFinished(() => limited.mockRestore());
    push(2);
    expect([ring.dropped, ring.last, dropped]).toEqual([2, 2, [1, 2]]);
    limited.mockRestore();
    push(3);
    expect([ring.dropped, ring.at(2), ring.at(3)?.position.sequence]).toEqual([2, undefined, 3]);
  });

  it('has nothing at a sequence that was left out', () => {
    const ring = new ChangeRing({ maxChanges: 2, maxBytes: 1000 }, 0);
    ring.push(TABLE, changeOf(1));
    ring.skip();
    ring.push(TABLE, changeOf(3));
    expect([ring.dropped, ring.recordedAt(2), ring.at(2), ring.at(3)?.key]).toEqual([
      ...[1, undefined, undefined, 'k'],
    ]);
  });

  it('tells of what each change was that it drops, and of nothing that was left out', () => {
    const dropped: unknown[] = [];
    const ring = new ChangeRing({ maxChanges: 2, maxBytes: 1000 }, 0, (...drop) =>
      dropped.push(drop),
    );
    ring.push(TABLE, changeOf(1));
    ring.skip();
    ring.push(TABLE, changeOf(3));
    ring.push(TABLE, changeOf(4, { value: 'x'.repeat(1001) }));
    expect(dropped).toEqual([
      [TABLE, 1],
      [TABLE, 3],
      [TABLE, 4],
    ]);
  });

  it('counts on when all is dropped', () => {
    const ring = new ChangeRing({ maxChanges: 100, maxBytes: 1000 }, 5);
    ring.push(TABLE, changeOf(6));
    ring.clear();
    expect([ring.dropped, ring.last, ring.at(6)]).toEqual([6, 6, undefined]);
    ring.push(TABLE, changeOf(7));
    expect(ring.at(7)?.key).toBe('k');
  });
});
