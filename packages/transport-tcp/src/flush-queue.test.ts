import { describe, expect, it } from 'vitest';
import { type Flushed, FlushQueue } from './flush-queue.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const flushing = (flush: () => void): Flushed => ({
  flush,
  failed: (thrown) => {
    throw thrown;
  },
});

describe('a queue of those with something to write', () => {
  it('has all of them write when the event loop has come round, in the order in which they came', async () => {
    const queue = new FlushQueue();
    const flushed: string[] = [];
    for (const name of ['a', 'b', 'c']) queue.add(flushing(() => void flushed.push(name)));
    await Promise.resolve();
    expect(flushed).toEqual([]);
    await turn();
    expect(flushed).toEqual(['a', 'b', 'c']);
  });

  it('has who comes while they write wait for the next turn', async () => {
    const queue = new FlushQueue();
    let flushed = 0;
    const again = flushing(() => {
      if (++flushed < 3) queue.add(again);
    });
    queue.add(again);
    for (const expected of [1, 2, 3, 3]) {
      await turn();
      expect(flushed).toBe(expected);
    }
  });

  it('tells who fails what it has thrown, and has those behind it write all the same', async () => {
    const queue = new FlushQueue();
    const heard: unknown[] = [];
    const failing = (name: string): Flushed => ({
      flush: () => {
        throw name;
      },
      failed: (thrown) => void heard.push(['failed', thrown]),
    });
    const writing = flushing(() => void heard.push('written'));
    for (const each of [failing('a'), writing, failing('b'), writing]) queue.add(each);
    await turn();
    expect(heard).toEqual([['failed', 'a'], 'written', ['failed', 'b'], 'written']);
    queue.add(writing);
    await turn();
    expect(heard).toHaveLength(5);
  });
});
