import { describe, expect, it } from 'vitest';
import type { Segment } from './segment.js';
import { Segments } from './segments.js';

const allocate = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes);

describe('segments', () => {
  it('are those that were made and not dropped, and what they take', () => {
    const segments = new Segments(allocate);
    const made = [16, 64, 16, 16, 64].map((size) => segments.make(size, 0));
    expect(new Set(segments.all)).toEqual(new Set(made));
    expect(segments.bytes).toBe((3 * 16 + 2 * 64) * 8);
    for (const i of [0, 4, 3]) segments.drop(made[i] as Segment);
    expect(new Set(segments.all)).toEqual(new Set([made[1], made[2]]));
    segments.drop(made[2] as Segment);
    segments.drop(made[1] as Segment);
    expect([segments.all, segments.bytes]).toEqual([[], 0]);
  });

  it('are picked as often as they have slots', () => {
    const segments = new Segments(allocate);
    expect(segments.pick(0)).toBe(undefined);
    const made = [64, 16, 8192, 16].map((size) => segments.make(size, 0));
    segments.drop(segments.make(32, 0));
    const picked = new Map<Segment | undefined, number>();
    const slots = segments.bytes / 8;
    for (let slot = 0; slot < slots; slot++) {
      const segment = segments.pick((slot + 0.5) / slots);
      picked.set(segment, (picked.get(segment) ?? 0) + 1);
    }
    expect(picked).toEqual(new Map(made.map((segment) => [segment, segment.size])));
  });
});
