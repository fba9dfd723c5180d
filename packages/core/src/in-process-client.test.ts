import { getEventListeners } from 'node:events';
import { KvError, type Value } from '@kv/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Engine } from './engine.js';
import { MemoryStorage } from './storage/memory-storage.js';
import type { Storage } from './storage/storage.js';

interface Slow {
  readonly engine: Engine;
  /** How many reads have begun. */
  readonly reads: () => number;
  /** Lets all reads that wait have their answer. */
  answer(value: Value): void;
}

/** An engine on a storage whose reads wait. */
function slowEngine(): Slow {
  const waiting: ((value: Value) => void)[] = [];
  let reads = 0;
  const storage: Storage = Object.assign(new MemoryStorage(), {
    get: () => {
      reads++;
      return new Promise<Value>((resolve) => waiting.push(resolve));
    },
  });
  return {
    engine: new Engine({ storage }),
    reads: () => reads,
    answer: (value) => {
      for (const resolve of waiting.splice(0)) resolve(value);
    },
  };
}

function useFakeTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a client in the same process', () => {
  it('speaks to the engine in values of JavaScript', async () => {
    const client = new Engine().client();
    expect(await client.hset('t', 'k', 'v')).toBeNull();
    expect(await client.hget('t', 'k')).toBe('v');
    expect(await client.hget('t', 'none')).toBeNull();
    expect(await client.hgetall('t')).toEqual(new Map([['k', 'v']]));
  });

  it('throws what the engine refuses with, as the same class with the same code', async () => {
    const engine = new Engine();
    engine.hooks.on('requestReceived', () => {
      throw new KvError('FORBIDDEN', 'not you');
    });
    const thrown = await engine
      .client()
      .hget('t', 'k')
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(KvError);
    expect(thrown).toMatchObject({ code: 'FORBIDDEN', message: 'not you' });
  });

  it('is seen by hooks as a peer of its own', async () => {
    const engine = new Engine();
    const seen: unknown[] = [];
    engine.hooks.on('requestReceived', ({ peer, state }) => {
      seen.push(peer, state.size);
      state.set('seen', true);
    });
    await engine.client().hget('t', 'k');
    await engine.client().hget('t', 'k');
    const peer = { transport: 'in-process', address: 'local' };
    expect(seen).toEqual([peer, 0, peer, 0]);
  });
});

describe('a scan', () => {
  /** Counts the turns of the event loop, until the test is over. */
  function countTurns(): () => number {
    let turns = 0;
    let next = setImmediate(function count() {
      turns++;
      next = setImmediate(count);
    });
    onTestFinished(() => clearImmediate(next));
    return () => turns;
  }

  it('lets the event loop turn between pages, so that others are not kept waiting', async () => {
    const engine = new Engine();
    const client = engine.client();
    await client.hmset(
      't',
      Array.from({ length: 500 }, (_, i) => [`k${i}`, true] as const),
    );
    const turns = countTurns();
    const asked: number[] = [];
    engine.hooks.on('requestReceived', () => void asked.push(turns()));
    for await (const _ of client.hscan('t'));
    expect(asked.length).toBeGreaterThan(4);
    expect(asked).toEqual([...new Set(asked)]);
  });

  it('may be given up, and the client closed, before its next page', async () => {
    const engine = new Engine();
    const client = engine.client();
    const controller = new AbortController();
    await client.hmset(
      't',
      Array.from({ length: 200 }, (_, i) => [`k${i}`, true] as const),
    );
    const pairs = client.hscan('t', { signal: controller.signal })[Symbol.asyncIterator]();
    for (let i = 0; i < 100; i++) await pairs.next();
    const next = pairs.next();
    controller.abort();
    const closed = client.close();
    await expect(next).rejects.toMatchObject({ code: 'CANCELLED' });
    await closed;
    expect(engine.stats().sessions).toEqual({});
  });
});

describe('giving a call up by its signal', () => {
  it('before the call lets nothing be done', async () => {
    const { engine, reads } = slowEngine();
    const reason = new Error('changed my mind');
    const call = engine.client().hget('t', 'k', { signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toMatchObject({ name: 'KvError', code: 'CANCELLED', cause: reason });
    expect([reads(), engine.stats().requests]).toEqual([0, 0]);
  });

  it('during the call rejects it at once, with the reason as the cause', async () => {
    const { engine } = slowEngine();
    const controller = new AbortController();
    const call = engine.client().hget('t', 'k', { signal: controller.signal });
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED', cause: reason });
    expect(engine.stats().inFlight).toBe(1);
  });

  it('after the answer changes nothing', async () => {
    const { engine, answer } = slowEngine();
    const controller = new AbortController();
    const call = engine.client().hget('t', 'k', { signal: controller.signal });
    answer('v');
    await turn();
    controller.abort();
    expect(await call).toBe('v');
  });

  it('is of no concern to a call that is answered at once', async () => {
    const controller = new AbortController();
    const call = new Engine().client().hexist('t', 'k', { signal: controller.signal });
    controller.abort();
    expect(await call).toBe(false);
  });
});

describe('the time allowed for a call', () => {
  it('rejects it when it is over, and not before', async () => {
    useFakeTimers();
    const { engine } = slowEngine();
    const settled: unknown[] = [];
    const call = engine.client().hget('t', 'k', { timeoutMs: 50 });
    call.catch((error: unknown) => settled.push(error));
    vi.advanceTimersByTime(49);
    await turn();
    expect(settled).toEqual([]);
    vi.advanceTimersByTime(1);
    await expect(call).rejects.toMatchObject({ name: 'KvError', code: 'TIMEOUT' });
    await expect(call).rejects.toThrow('No answer within 50 ms');
  });

  it('does not touch a call that is answered in it', async () => {
    useFakeTimers();
    const { engine, answer } = slowEngine();
    const call = engine.client().hget('t', 'k', { timeoutMs: 50 });
    vi.advanceTimersByTime(49);
    answer('v');
    expect(await call).toBe('v');
  });

  it.each([Number.POSITIVE_INFINITY, 2 ** 31])(
    'may be more than a timer can take, which would fire at once: %s ms',
    async (timeoutMs) => {
      useFakeTimers();
      const { engine, answer } = slowEngine();
      const call = engine.client().hget('t', 'k', { timeoutMs });
      vi.advanceTimersByTime(1_000_000);
      answer('v');
      expect(await call).toBe('v');
    },
  );
});

describe('a time that is none', () => {
  it.each([Number.NaN, 0, -1])('is refused, and nothing is done: %d ms', async (timeoutMs) => {
    const { engine, reads } = slowEngine();
    const call = engine.client().hget('t', 'k', { timeoutMs });
    await expect(call).rejects.toMatchObject({ name: 'KvError', code: 'INVALID_COMMAND' });
    expect(reads()).toBe(0);
  });
});

describe('bytes that a call is given', () => {
  it('are stored as they were, also if the call has to wait before they are', async () => {
    const engine = new Engine();
    engine.hooks.on('requestReceived', () => Promise.resolve());
    const client = engine.client();
    const bytes = Uint8Array.of(1);
    const calls = [client.hset('t', 'one', bytes), client.hmset('t', [['many', bytes]])];
    bytes[0] = 2;
    await Promise.all(calls);
    expect(await client.hmget('t', ['one', 'many'])).toEqual([Uint8Array.of(1), Uint8Array.of(1)]);
  });
});

describe('a call that is over', () => {
  it.each<[string, (slow: Slow, controller: AbortController) => void, string]>([
    ['answered', ({ answer }) => answer('v'), 'v'],
    ['out of time', () => void vi.advanceTimersByTime(50), 'TIMEOUT'],
    ['given up', (_, controller) => controller.abort(), 'CANCELLED'],
  ])('holds neither its signal nor a timer: %s', async (_, end, outcome) => {
    useFakeTimers();
    const slow = slowEngine();
    const controller = new AbortController();
    const call = slow.engine
      .client()
      .hget('t', 'k', { signal: controller.signal, timeoutMs: 50 })
      .catch((error: KvError) => error.code);
    const held = (): number[] => [
      getEventListeners(controller.signal, 'abort').length,
      vi.getTimerCount(),
    ];
    expect(held()).toEqual([1, 1]);
    end(slow, controller);
    expect(await call).toBe(outcome);
    await turn();
    expect(held()).toEqual([0, 0]);
  });
});

describe('closing a client', () => {
  it('waits for the calls under way, those given up too', async () => {
    const { engine, answer } = slowEngine();
    const client = engine.client();
    const controller = new AbortController();
    const call = client.hget('t', 'a');
    const givenUp = client.hget('t', 'b', { signal: controller.signal });
    controller.abort();
    await expect(givenUp).rejects.toMatchObject({ code: 'CANCELLED' });
    let closed = false;
    const end = client.close().then(() => {
      closed = true;
    });
    await turn();
    expect([closed, engine.stats().sessions]).toEqual([false, { 'in-process': 1 }]);
    answer('v');
    await end;
    expect(await call).toBe('v');
    expect(engine.stats().sessions).toEqual({});
  });

  it('refuses calls from then on, even while it waits', async () => {
    const { engine, answer, reads } = slowEngine();
    const client = engine.client();
    const call = client.hget('t', 'k');
    const end = client.close();
    const refusal = { code: 'UNAVAILABLE', message: 'The client is closed' };
    await expect(client.hget('t', 'k')).rejects.toMatchObject(refusal);
    answer('v');
    await Promise.all([call, end]);
    await expect(client.hset('t', 'k', 'v')).rejects.toMatchObject(refusal);
    expect(reads()).toBe(1);
  });

  it('leaves the engine and other clients open, and may come twice', async () => {
    const engine = new Engine();
    const [one, other] = [engine.client(), engine.client()];
    await one.close();
    await one.close();
    expect(await other.hexist('t', 'k')).toBe(false);
    expect(engine.stats().sessions).toEqual({ 'in-process': 1 });
  });
});
