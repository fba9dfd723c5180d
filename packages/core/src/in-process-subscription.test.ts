import { setImmediate } from 'node:timers/promises';
import { KvError, type Message } from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Engine } from './engine.js';

let engine: Engine;
beforeEach(() => {
  engine = new Engine();
});
afterEach(() => engine.close());

describe('a subscription in the same process', () => {
  it('gets what is published once it is there', async () => {
    const [kv, other] = [engine.client(), engine.client()];
    expect(await other.publish('news', 'before')).toBe(0);
    const subscription = await kv.subscribe('news');
    expect(await other.publish('news', 'rain')).toBe(1);
    expect(await kv.publish('news', ['sun', 21n])).toBe(1);
    expect(await kv.publish('other', 'x')).toBe(0);
    const seen: Message[] = [];
    for await (const message of subscription) {
      seen.push(message);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([
      { topic: 'news', values: ['rain'] },
      { topic: 'news', values: ['sun', 21n] },
    ]);
    expect(await other.publish('news', 'after')).toBe(0);
  });

  it('may be to a pattern', async () => {
    const kv = engine.client();
    const subscription = await kv.subscribe({ pattern: 'chat.*' });
    await kv.publish('chat.a', 'hi');
    expect(await subscription[Symbol.asyncIterator]().next()).toMatchObject({
      value: { topic: 'chat.a', values: ['hi'] },
    });
    await subscription.unsubscribe();
    expect(await kv.publish('chat.a', 'hi')).toBe(0);
  });

  it('is in place when it is there, also behind listeners that take their time', async () => {
    for (const name of ['requestExecuted', 'beforeResponseSend', 'afterResponseSend'] as const) {
      engine.hooks.on(name, () => setImmediate());
    }
    const kv = engine.client();
    const subscription = await kv.subscribe('news');
    expect(await kv.publish('news', 'rain')).toBe(1);
    expect(await subscription[Symbol.asyncIterator]().next()).toMatchObject({
      value: { values: ['rain'] },
    });
  });

  it('ends with its signal, before it is in place and afterwards', async () => {
    const kv = engine.client();
    const controller = new AbortController();
    const { signal } = controller;
    const subscriptions = await Promise.all(
      Array.from({ length: 20 }, () => kv.subscribe('news', { signal })),
    );
    engine.hooks.once('requestExecuted', () => setImmediate());
    const late = kv.subscribe('news', { signal });
    controller.abort();
    await expect(late).rejects.toMatchObject({ code: 'CANCELLED' });
    for (const subscription of subscriptions) {
      const iterator = subscription[Symbol.asyncIterator]();
      await expect(iterator.next()).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(await iterator.next()).toMatchObject({ done: true });
    }
    await setImmediate();
    expect(engine.stats().subscriptions).toBe(0);
    await expect(kv.subscribe('news', { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('rejects if it is refused, and is nowhere then', async () => {
    engine.hooks.once('beforeResponseSend', () => {
      throw new KvError('FORBIDDEN', 'not you');
    });
    const kv = engine.client();
    await expect(kv.subscribe('news')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(kv.subscribe('')).rejects.toMatchObject({ code: 'INVALID_COMMAND' });
    expect(await kv.publish('news', 'v')).toBe(0);
  });

  it('is dropped with an error if it is too slow, though it gets what waits', async () => {
    const kv = engine.client();
    const slow = await kv.subscribe('news', { maxMessages: 2 });
    const fast = await kv.subscribe('news');
    for (const value of [1n, 2n, 3n]) await kv.publish('news', value);
    expect(await kv.publish('news', 4n)).toBe(1);
    const iterator = slow[Symbol.asyncIterator]();
    expect([await iterator.next(), await iterator.next()]).toMatchObject([
      { value: { values: [1n] } },
      { value: { values: [2n] } },
    ]);
    await expect(iterator.next()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    await fast.unsubscribe();
  });

  it('ends with its client, and rejects if the engine ends', async () => {
    const [one, other] = [engine.client(), engine.client()];
    const ending = (await one.subscribe('news'))[Symbol.asyncIterator]().next();
    const failing = expect(
      (await other.subscribe('news'))[Symbol.asyncIterator]().next(),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'The engine is closed' });
    await one.close();
    expect(await ending).toMatchObject({ done: true });
    expect(engine.stats().subscriptions).toBe(1);
    await engine.close();
    await failing;
  });

  it('has bytes of its own', async () => {
    const kv = engine.client();
    const [one, other] = [await kv.subscribe('news'), await kv.subscribe('news')];
    const bytes = Uint8Array.of(1, 2);
    await kv.publish('news', bytes);
    bytes.fill(9);
    for (const subscription of [one, other]) {
      const { value } = await subscription[Symbol.asyncIterator]().next();
      const [own] = (value as Message).values as [Uint8Array];
      expect(own).toEqual(Uint8Array.of(1, 2));
      own.fill(7);
    }
  });
});
