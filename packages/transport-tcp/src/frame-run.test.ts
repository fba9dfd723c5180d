import { describe, expect, it } from 'vitest';
import { FrameRun, FrameRuns } from './frame-run.js';

const frame = (...bytes: number[]): Buffer => Buffer.from(bytes);

describe('a run of frames', () => {
  it('has the bytes of all, one behind the other', () => {
    const run = FrameRun.empty().with(frame(1, 2))?.with(frame(3))?.with(frame(4, 5));
    expect([run?.length, run?.bytes]).toEqual([5, frame(1, 2, 3, 4, 5)]);
    expect([FrameRun.empty().length, FrameRun.empty().bytes]).toEqual([0, frame()]);
  });

  it('is one for all to whom the same frames go, put together once', () => {
    const empty = FrameRun.empty();
    const [first, second] = [frame(1), frame(2)];
    const runs = [1, 2, 3].map(() => empty.with(first)?.with(second));
    expect(new Set(runs).size).toBe(1);
    expect(runs[0]?.bytes).toBe(runs[1]?.bytes);
  });

  it('is nobody’s to whom another frame goes', () => {
    const empty = FrameRun.empty();
    const first = empty.with(frame(1));
    expect(empty.with(frame(1))).toBeUndefined();
    first?.with(frame(2));
    expect(first?.with(frame(3))).toBeUndefined();
    expect(first?.bytes).toEqual(frame(1));
  });

  it('begins anew when those before it have been let go', () => {
    const runs = new FrameRuns();
    const other = frame(2);
    runs.begin.with(frame(1));
    expect(runs.begin.with(other)).toBeUndefined();
    runs.letGo();
    expect(runs.begin.with(other)?.bytes).toEqual(other);
  });

  it('begins where it did if nothing was begun, for each of many peers lets go', () => {
    const runs = new FrameRuns();
    const { begin } = runs;
    runs.letGo();
    expect(runs.begin).toBe(begin);
  });
});
