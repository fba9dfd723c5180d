import { Engine, type Gap, type Message, type Subscription } from '@kv/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withGaps } from './with-gaps.js';

describe('a subscription with its gaps', () => {
  let engine: Engine;
  beforeEach(() => {
    engine = new Engine();
  });
  afterEach(() => engine.close());

  test('tells a gap between the messages before and after it', async () => {
    const kv = engine.client();
    const subscription = await withGaps((onGap) =>
      kv.subscribe('news', { maxMessages: 2, overflow: 'drop-oldest', onGap }),
    );
    for (let i = 0; i < 5; i++) await kv.publish('news', String(i));
    const seen: (Message | Gap)[] = [];
    for await (const item of subscription) {
      seen.push(item);
      if (seen.length === 3) await kv.publish('news', '5');
      if (seen.length === 4) break;
    }
    const [gap, ...messages] = seen;
    expect(gap).toEqual({ missed: 3 });
    expect(messages.map((item) => 'values' in item && item.values)).toEqual([['3'], ['4'], ['5']]);
  });

  test('tells a gap at once, though no message follows it', async () => {
    let tell = (_: Gap): void => {};
    const silent = await engine.client().subscribe('news');
    const subscription = await withGaps(async (onGap) => {
      tell = onGap;
      return silent;
    });
    const items = subscription[Symbol.asyncIterator]();
    for (const missed of [undefined, 3]) {
      const next = items.next();
      tell({ missed });
      expect(await next).toEqual({ done: false, value: { missed } });
    }
    await silent.unsubscribe();
    expect(await items.next()).toMatchObject({ done: true });
  });

  test('ends when it is left', async () => {
    const kv = engine.client();
    let tell = (_: Gap): void => {};
    const subscription = await withGaps((onGap) => {
      tell = onGap;
      return kv.subscribe('news');
    });
    const items = subscription[Symbol.asyncIterator]();
    const next = items.next();
    tell({ missed: 1 });
    await next;
    // The next message is waited for all the while.
    await items.return?.();
    expect(engine.stats().subscriptions).toBe(0);
  });

  test('fails as the subscription does, after the gap before that', async () => {
    const error = new Error('too slow');
    const broken: AsyncIterable<Message> = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
    };
    const subscription = await withGaps(async (onGap) => {
      onGap({ missed: 1 });
      return broken;
    });
    const items = subscription[Symbol.asyncIterator]();
    expect(await items.next()).toEqual({ done: false, value: { missed: 1 } });
    await expect(items.next()).rejects.toBe(error);
  });

  test('is none that cannot be put in place', async () => {
    const refused = new Error('not you');
    const subscribe = (): Promise<Subscription> => Promise.reject(refused);
    await expect(withGaps(subscribe)).rejects.toBe(refused);
  });
});
