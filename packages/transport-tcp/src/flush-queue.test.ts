import { describe, expect, it } from 'vitest';
import { FlushQueue } from './flush-queue.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a queue of those with something to write', () => {
  it('has all of them write when the event loop has come round, in the order in which they came', async () => {
    const queue = new FlushQueue();
    const flushed: string[] = [];
    for (const name of ['a', 'b', 'c']) queue.add({ flush: () => void flushed.push(name) });
    await Promise.resolve();
    expect(flushed).toEqual([]);
    await turn();
    expect(flushed).toEqual(['a', 'b', 'c']);
  });

  it('has who comes while they write wait for the next turn', async () => {
    const queue = new FlushQueue();
    let flushed = 0;
    const again = {
      flush: (): void => {
        if (++flushed < 3) queue.add(again);
      },
    };
    queue.add(again);
    for (const expected of [1, 2, 3, 3]) {
      await turn();
      expect(flushed).toBe(expected);
    }
  });
});
