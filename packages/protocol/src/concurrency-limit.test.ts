import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Cancellations } from './cancellations.js';
import { ConcurrencyLimit } from './concurrency-limit.js';

/** A limit of two, and tasks that end when a test says so. */
function limited() {
  const limit = new ConcurrencyLimit(2, new Cancellations());
  const under = new Map<string, { resolve(): void; reject(error: Error): void }>();
  const run = (name: string, signal = new AbortController().signal): Promise<string> =>
    limit.run(
      () =>
        new Promise((resolve, reject) => {
          under.set(name, { resolve: () => resolve(name), reject });
        }),
      signal,
    );
  /** Those that have begun so far. */
  const begun = async (): Promise<string[]> => {
    await setImmediate();
    return [...under.keys()];
  };
  return { run, begun, resolve: (name: string) => under.get(name)?.resolve(), under };
}

describe('a limit of what is under way', () => {
  it('lets so many begin at once, and the others in their order, as those before end', async () => {
    const { run, begun, resolve } = limited();
    const results = ['a', 'b', 'c', 'd'].map((name) => run(name));
    expect(await begun()).toEqual(['a', 'b']);
    resolve('b');
    expect(await begun()).toEqual(['a', 'b', 'c']);
    resolve('c');
    expect(await begun()).toEqual(['a', 'b', 'c', 'd']);
    resolve('d');
    resolve('a');
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd']);
    void run('e');
    void run('f');
    void run('g');
    expect((await begun()).slice(4)).toEqual(['e', 'f']);
  });

  it('gives the place of one that fails to the next', async () => {
    const { run, begun, under } = limited();
    const failing = run('a');
    void run('b');
    void run('c');
    await begun();
    under.get('a')?.reject(new Error('no'));
    await expect(failing).rejects.toThrow('no');
    expect(await begun()).toEqual(['a', 'b', 'c']);
  });

  it('lets one be given up that waits, which takes nobody’s place', async () => {
    const { run, begun, resolve } = limited();
    const controller = new AbortController();
    void run('a');
    void run('b');
    const waiting = run('c', controller.signal);
    void run('d');
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    resolve('a');
    expect(await begun()).toEqual(['a', 'b', 'd']);
  });
});
