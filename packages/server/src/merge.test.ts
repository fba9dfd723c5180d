import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { merge } from './merge.js';

async function* numbers(from: number, count: number, turns = 0): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) {
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    yield from + i;
  }
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('merged sources', () => {
  test('give all items of all, each in its own order', async () => {
    const all = await collect(merge([numbers(0, 5, 2), numbers(10, 5), numbers(20, 0)]));
    expect(all.filter((each) => each < 10)).toEqual([0, 1, 2, 3, 4]);
    expect(all.filter((each) => each >= 10)).toEqual([10, 11, 12, 13, 14]);
    expect(await collect(merge([]))).toEqual([]);
  });

  test('are asked for no more than is taken', async () => {
    let asked = 0;
    async function* counting(): AsyncGenerator<number> {
      for (;;) yield ++asked;
    }
    const merged = merge([counting()]);
    for (let i = 0; i < 3; i++) await merged.next();
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    expect(asked).toBeLessThan(5);
  });

  test('fail with the first that fails, after what came before', async () => {
    const error = new Error('broken');
    async function* failing(): AsyncGenerator<number> {
      yield 1;
      throw error;
    }
    const seen: number[] = [];
    const reading = (async () => {
      for await (const item of merge([failing(), numbers(10, 100, 10)])) seen.push(item);
    })();
    await expect(reading).rejects.toBe(error);
    expect(seen).toContain(1);
  });
});
