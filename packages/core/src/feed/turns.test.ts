import { beforeEach, describe, expect, it } from 'vitest';
import { Turns } from './turns.js';

interface Answer {
  readonly promise: Promise<string>;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/** What a storage takes its time to answer. */
function anAnswer(): Answer {
  let resolve: Answer['resolve'] = () => {};
  let reject: Answer['reject'] = () => {};
  const promise = new Promise<string>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

describe('what was called', () => {
  let turns: Turns;
  let told: string[];
  const tell = (answer: string): string => {
    told.push(answer);
    return `told ${answer}`;
  };

  beforeEach(() => {
    turns = new Turns();
    told = [];
  });

  it('is told at once, if it is answered at once and nothing waits', () => {
    expect(turns.take('a', tell)).toBe('told a');
    expect([told, turns.waiting]).toEqual([['a'], false]);
  });

  it('is told behind what was called before, though it is answered first', async () => {
    const [first, second] = [anAnswer(), anAnswer()];
    const all = [turns.take(first.promise, tell), turns.take(second.promise, tell)];
    second.resolve('b');
    await second.promise;
    expect([told, turns.waiting]).toEqual([[], true]);
    first.resolve('a');
    expect(await Promise.all(all)).toEqual(['told a', 'told b']);
    expect([told, turns.waiting]).toEqual([['a', 'b'], false]);
  });

  it('is told behind that also if it is answered at once', async () => {
    const first = anAnswer();
    const all = [turns.take(first.promise, tell), turns.take('b', tell)];
    await Promise.resolve();
    expect(told).toEqual([]);
    first.resolve('a');
    expect(await Promise.all(all)).toEqual(['told a', 'told b']);
    expect(told).toEqual(['a', 'b']);
  });

  it('is not told if it fails, as its caller hears in its turn, and others have theirs', async () => {
    const [first, second] = [anAnswer(), anAnswer()];
    const all = [
      turns.take(first.promise, tell),
      turns.take(second.promise, tell),
      turns.take('c', tell),
    ];
    second.reject(new Error('disk full'));
    first.resolve('a');
    expect(await Promise.allSettled(all)).toEqual([
      { status: 'fulfilled', value: 'told a' },
      { status: 'rejected', reason: new Error('disk full') },
      { status: 'fulfilled', value: 'told c' },
    ]);
    expect([told, turns.waiting]).toEqual([['a', 'c'], false]);
  });

  it('has its caller hear if telling fails, and others have their turn', async () => {
    const first = anAnswer();
    const all = [
      turns.take(first.promise, () => {
        throw new Error('no memory');
      }),
      turns.take('b', tell),
    ];
    first.resolve('a');
    expect(await Promise.allSettled(all)).toEqual([
      { status: 'rejected', reason: new Error('no memory') },
      { status: 'fulfilled', value: 'told b' },
    ]);
    expect([told, turns.waiting]).toEqual([['b'], false]);
  });
});
