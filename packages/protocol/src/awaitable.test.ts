import { describe, expect, it } from 'vitest';
import { isPromise, whenReady } from './awaitable.js';

/** What `await` takes for a promise, with nothing else of one: `then` gives nothing back. */
function thenable<T>(value: T): Promise<T> {
  const then = (resolve: (value: T) => void): void => queueMicrotask(() => resolve(value));
  return { then } as unknown as Promise<T>;
}

describe('a value that may be there at once', () => {
  it.each([Promise.resolve(1), thenable(1)])('is still to come if it has a then', (value) => {
    expect(isPromise(value)).toBe(true);
  });

  const there = [undefined, null, 0, 'then', () => 1, {}, Object.fromEntries([['then', 1]]), []];

  it.each(there.map((value) => ({ value })))('is there if it is $value', ({ value }) => {
    expect(isPromise(value)).toBe(false);
  });

  it('is gone on with at once if it is there, without a promise', () => {
    expect(whenReady(1, (value) => value + 1)).toBe(2);
  });

  it.each([
    ['a promise', Promise.resolve(1)],
    ['anything with a then', thenable(1)],
  ])('is waited for if it is %s', async (_, value) => {
    const next = whenReady(value, (ready) => ready + 1);
    expect(next).toBeInstanceOf(Promise);
    expect(await next).toBe(2);
  });

  it('may be gone on with to another that is still to come', async () => {
    expect(await whenReady(1, (value) => Promise.resolve(value + 1))).toBe(2);
    expect(await whenReady(Promise.resolve(1), (value) => Promise.resolve(value + 1))).toBe(2);
  });

  it('passes on what is thrown or rejected', async () => {
    const error = new Error('no');
    const fail = (): never => {
      throw error;
    };
    expect(() => whenReady(1, fail)).toThrow(error);
    await expect(whenReady(Promise.resolve(1), fail)).rejects.toBe(error);
    await expect(whenReady(Promise.reject(error), () => 1)).rejects.toBe(error);
  });
});
