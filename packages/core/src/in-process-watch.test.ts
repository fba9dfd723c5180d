import { setImmediate } from 'node:timers/promises';
import { type Change, KvError, type Position, type Value, type WatchItem } from '@kv/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Engine } from './engine.js';
import { MemoryStorage } from './storage/memory-storage.js';

let engine: Engine;
beforeEach(() => {
  engine = new Engine();
});
afterEach(() => engine.close());

/** So many items, after which the watch is left. */
async function take(watch: AsyncIterable<WatchItem>, count: number): Promise<WatchItem[]> {
  const items: WatchItem[] = [];
  if (count === 0) return items;
  for await (const item of watch) {
    items.push(item);
    if (items.length === count) break;
  }
  return items;
}

const essence = (item: WatchItem): unknown[] => {
  if (item.kind === 'ready') return ['ready'];
  if (item.kind === 'entry') return ['entry', item.key, item.value];
  return [item.cause, item.key, item.value, item.old];
};

describe('a watch of a table', () => {
  it('tells each change from then on, with what was there and what is', async () => {
    const kv = engine.client();
    await kv.hset('users', 'u1', 'before');
    const watch = await kv.watch('users');
    await kv.hset('users', 'u1', 'Tyr');
    await kv.hset('others', 'u1', 'Loki');
    await kv.hmset('users', [
      ['u1', 'Freyja'],
      ['u2', Uint8Array.of(1)],
    ]);
    await kv.hdel('users', 'u3');
    await kv.hdel('users', 'u1');
    expect((await take(watch, 4)).map(essence)).toEqual([
      ['set', 'u1', 'Tyr', 'before'],
      ['set', 'u1', 'Freyja', 'Tyr'],
      ['set', 'u2', Uint8Array.of(1), null],
      ['delete', 'u1', null, 'Freyja'],
    ]);
    expect(engine.stats().subscriptions).toBe(0);
  });

  it.each([
    [{ key: 'a1' }, ['a1']],
    [{ prefix: 'a' }, ['a1', 'a2']],
    [{}, ['b', 'a1', 'a2']],
  ])('may be of some keys alone: %j', async (filter, expected) => {
    const kv = engine.client();
    const watch = await kv.watch('t', filter);
    for (const key of ['b', 'a1', 'a2']) await kv.hset('t', key, 1n);
    const items = await take(watch, expected.length);
    expect(items.map((item) => (item as Change).key)).toEqual(expected);
  });

  it('goes on from where another has come to', async () => {
    const kv = engine.client();
    const first = await kv.watch('t');
    for (const key of ['a', 'b', 'c']) await kv.hset('t', key, 1n);
    await take(first, 2);
    await kv.hset('t', 'd', 1n);
    const second = await kv.watch('t', { after: first.position });
    await kv.hset('t', 'e', 1n);
    const items = await take(second, 3);
    expect(items.map((item) => (item as Change).key)).toEqual(['c', 'd', 'e']);
  });

  it('that goes on from a position that is not kept says so', async () => {
    const kv = engine.client();
    for (const after of [
      { epoch: 1, sequence: 0 },
      { epoch: 0, sequence: Number.MAX_SAFE_INTEGER },
    ]) {
      const watch = await kv.watch('t', { after });
      await expect(take(watch, 1)).rejects.toThrow(expect.objectContaining({ code: 'GONE' }));
    }
    expect(engine.stats().subscriptions).toBe(0);
  });

  it('that goes on after nobody has watched for too long says so', async () => {
    const forgetful = new Engine({ feed: { lingerMs: 0 } });
    const kv = forgetful.client();
    const first = await kv.watch('t');
    await first.unsubscribe();
    // Until the recording has ended.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await setImmediate();
    await kv.hset('t', 'missed', 1n);
    const second = await kv.watch('t', { after: first.position });
    await kv.hset('t', 'a', 1n);
    await expect(take(second, 1)).rejects.toThrow(expect.objectContaining({ code: 'GONE' }));
    await forgetful.close();
  });

  it('leaves out nothing if its consumer is slow', async () => {
    const kv = engine.client();
    const watch = await kv.watch('t', { maxMessages: 2 });
    for (let i = 0; i < 500; i++) await kv.hset('t', `k${i}`, BigInt(i));
    const before = await takeSome(watch, 400);
    for (let i = 500; i < 1000; i++) await kv.hset('t', `k${i}`, BigInt(i));
    const keys = [...before, ...(await takeSome(watch, 600))].map((item) => (item as Change).key);
    expect(keys).toEqual(Array.from({ length: 1000 }, (_, i) => `k${i}`));
  });

  it('ends with GONE if its consumer is too slow for what is kept', async () => {
    const small = new Engine({ feed: { maxChanges: 10 } });
    const kv = small.client();
    const watch = await kv.watch('t', { maxMessages: 2 });
    for (let i = 0; i < 50; i++) await kv.hset('t', `k${i}`, 1n);
    await expect(take(watch, 50)).rejects.toThrow(expect.objectContaining({ code: 'GONE' }));
    await small.close();
  });

  it('may tell of each key only the last change, with the value from before all of them', async () => {
    const kv = engine.client();
    await kv.hset('t', 'a', 0n);
    const watch = await kv.watch('t', { maxMessages: 2, overflow: 'conflate' });
    for (let i = 1n; i <= 50n; i++) await kv.hset('t', 'a', i);
    await kv.hset('t', 'b', 1n);
    await kv.hdel('t', 'b');
    const items = await take(watch, 2);
    expect(items.map(essence)).toEqual([
      ['set', 'a', 50n, 0n],
      ['delete', 'b', null, null],
    ]);
  });

  it('that conflates is not too slow for however many changes of a few keys', async () => {
    const small = new Engine({ feed: { maxChanges: 10 } });
    const kv = small.client();
    const watch = await kv.watch('t', { overflow: 'conflate' });
    for (let i = 0n; i < 50_000n; i++) await kv.hset('t', `k${i % 3n}`, i);
    expect((await take(watch, 3)).map(essence)).toEqual([
      ['set', 'k2', 49_997n, null],
      ['set', 'k0', 49_998n, null],
      ['set', 'k1', 49_999n, null],
    ]);
    await small.close();
  });

  it('of a key can be gone on from, however much has become of others', async () => {
    const small = new Engine({ feed: { maxChanges: 2000 } });
    const kv = small.client();
    const watch = await kv.watch('t', { key: 'a' });
    const first = take(watch, 1);
    for (let i = 0; i < 10_000; i++) await kv.hset('t', `k${i % 100}`, 1n);
    await setImmediate();
    const after = watch.position;
    await kv.hset('t', 'a', 1n);
    const again = await kv.watch('t', { key: 'a', after });
    expect([...(await first), ...(await take(again, 1))].map(essence)).toEqual([
      ['set', 'a', 1n, null],
      ['set', 'a', 1n, null],
    ]);
    await small.close();
  });

  it('may end when its consumer is slow, or leave out the oldest and say so', async () => {
    const kv = engine.client();
    const failing = await kv.watch('t', { maxMessages: 2, overflow: 'error' });
    const gaps: unknown[] = [];
    const dropping = await kv.watch('t', {
      ...{ maxMessages: 2, overflow: 'drop-oldest' },
      onGap: (gap) => gaps.push(gap),
    });
    for (let i = 0; i < 5; i++) await kv.hset('t', `k${i}`, 1n);
    const tooMany = expect.objectContaining({ code: 'TOO_MANY_REQUESTS' });
    await expect(take(failing, 5)).rejects.toThrow(tooMany);
    expect((await take(dropping, 2)).map((item) => (item as Change).key)).toEqual(['k3', 'k4']);
    expect(gaps).toEqual([{ missed: 3 }]);
  });

  it('gives each consumer bytes of its own, also when they are read again', async () => {
    const kv = engine.client();
    await kv.hset('t', 'a', Uint8Array.of(1));
    const watches = await Promise.all([kv.watch('t'), engine.client().watch('t')]);
    const after = watches[0]?.position as Position;
    await kv.hset('t', 'a', Uint8Array.of(2));
    watches.push(await kv.watch('t', { after }), await kv.watch('t', { after }));
    for (const watch of watches) {
      const [item] = (await takeSome(watch, 1)) as [Change];
      expect([item.value, item.old]).toEqual([Uint8Array.of(2), Uint8Array.of(1)]);
      for (const bytes of [item.value, item.old]) (bytes as Uint8Array).fill(9);
    }
    expect(await kv.hget('t', 'a')).toEqual(Uint8Array.of(2));
  });

  it('ends with its signal, with CANCELLED', async () => {
    const kv = engine.client();
    const controller = new AbortController();
    const watch = await kv.watch('t', { signal: controller.signal });
    const taking = take(watch, 1);
    controller.abort();
    await expect(taking).rejects.toThrow(expect.objectContaining({ code: 'CANCELLED' }));
    expect(engine.stats().subscriptions).toBe(0);
  });

  it.each([
    ['changes', {}],
    ['hscan', { snapshot: true }],
  ] as const)('ends when it is left while a hook holds up %s', async (command, options) => {
    const kv = engine.client();
    const watch = await kv.watch('t', { maxMessages: 1, ...options });
    for (let i = 0; i < 5; i++) await kv.hset('t', `k${i}`, 1n);
    let goOn = (): void => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const reached = new Promise<void>((resolve) => {
      engine.hooks.on('requestReceived', ({ request }) => {
        if (request.requestData.case !== command) return undefined;
        resolve();
        return held;
      });
    });
    const next = watch[Symbol.asyncIterator]().next();
    await reached;
    const unsubscribing = watch.unsubscribe();
    expect((await next).done).toBe(true);
    // It is asked for behind what is held up.
    goOn();
    await unsubscribing;
    expect(engine.stats().subscriptions).toBe(0);
  });

  it('ends when it is left while it reads what is missing', async () => {
    const kv = engine.client();
    const watch = await kv.watch('t', { maxMessages: 1 });
    for (let i = 0; i < 50; i++) await kv.hset('t', `k${i}`, 1n);
    const iterator = watch[Symbol.asyncIterator]();
    const [first, second] = [iterator.next(), iterator.next()];
    await watch.unsubscribe();
    expect([(await first).done, (await second).done]).toEqual([true, true]);
    expect(engine.stats().subscriptions).toBe(0);
  });

  it('can be had as events', async () => {
    const kv = engine.client();
    const watch = await kv.watch('t');
    const emitter = watch.emitter();
    const items: unknown[] = [];
    emitter.on('item', (item) => items.push(essence(item)));
    await setImmediate();
    await kv.hset('t', 'a', 1n);
    const ended = new Promise<void>((resolve) => emitter.on('end', resolve));
    await setImmediate();
    await watch.unsubscribe();
    await ended;
    expect(items).toEqual([['set', 'a', 1n, null]]);
  });

  it('passes hooks, which may refuse it', async () => {
    engine.hooks.on('requestReceived', ({ request }) => {
      if (request.requestData.case !== 'watch') return;
      if (request.requestData.value.table === 'secret') throw new KvError('FORBIDDEN', 'No');
    });
    const kv = engine.client();
    const forbidden = expect.objectContaining({ code: 'FORBIDDEN' });
    await expect(kv.watch('secret')).rejects.toThrow(forbidden);
    const watch = await kv.watch('t');
    await kv.hset('t', 'a', 1n);
    expect(await take(watch, 1)).toHaveLength(1);
  });

  it('refuses what makes no sense', async () => {
    const kv = engine.client();
    const after = { epoch: 1, sequence: 1 };
    for (const options of [
      { key: 'a', prefix: 'b' },
      { key: '' },
      { after, snapshot: true },
      { after: { epoch: 1 } },
      { after: { epoch: 1.5, sequence: 1 } },
      { overflow: 'block' },
      { maxMessages: 0 },
      { since: 1 },
    ]) {
      const watching = kv.watch('t', options as never);
      const invalid = expect.objectContaining({ code: 'INVALID_COMMAND' });
      await expect(watching, JSON.stringify(options)).rejects.toThrow(invalid);
    }
    expect(engine.stats().subscriptions).toBe(0);
  });
});

describe('a watch that begins with a copy', () => {
  it('tells all entries, then that they are all, then the changes', async () => {
    const kv = engine.client();
    await kv.hmset('t', [
      ['a', 1n],
      ['b', 'two'],
    ]);
    const watch = await kv.watch('t', { snapshot: true });
    const iterator = watch[Symbol.asyncIterator]();
    const next = async () => essence((await iterator.next()).value as WatchItem);
    expect([await next(), await next()].sort()).toEqual([
      ['entry', 'a', 1n],
      ['entry', 'b', 'two'],
    ]);
    expect(await next()).toEqual(['ready']);
    await kv.hdel('t', 'a');
    expect(await next()).toEqual(['delete', 'a', null, 1n]);
    await iterator.return?.();
  });

  it('may be of one key', async () => {
    const kv = engine.client();
    await kv.hmset('t', [
      ['a', 1n],
      ['aa', 2n],
    ]);
    const watch = await kv.watch('t', { snapshot: true, key: 'a' });
    expect((await take(watch, 2)).map(essence)).toEqual([['entry', 'a', 1n], ['ready']]);
    const none = await kv.watch('t', { snapshot: true, key: 'b' });
    expect((await take(none, 1)).map(essence)).toEqual([['ready']]);
  });

  it('of one key reads no more of a large table than that', async () => {
    const kv = engine.client();
    const many = Array.from({ length: 20_000 }, (_, i) => [`k${i}`, BigInt(i)] as const);
    await kv.hmset('t', many);
    const asked: unknown[] = [];
    engine.hooks.on('requestReceived', ({ request: { requestData } }) => {
      asked.push(requestData.case);
    });
    const watch = await kv.watch('t', { snapshot: true, key: 'k19999' });
    expect((await take(watch, 2)).map(essence)).toEqual([['entry', 'k19999', 19_999n], ['ready']]);
    expect(asked).toEqual(['watch', 'hget', 'hscan', 'unsubscribe']);
  });

  const write = fc.record({
    key: fc.nat({ max: 299 }),
    value: fc.option(fc.nat({ max: 5 }), { nil: undefined }),
  });
  it.each([
    ['slabs', () => new Engine()],
    ['a Map', () => new Engine({ storage: new MemoryStorage() })],
  ])(
    'is the table at its end, whatever is written meanwhile, and follows it: %s',
    async (_, open) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(write, { maxLength: 20 }), { minLength: 4, maxLength: 30 }),
          async (bursts) => {
            await using own = open();
            const kv = own.client();
            for (let i = 0; i < 250; i++) await kv.hset('t', `k${i}`, BigInt(i));
            const base = await kv.hgetall('t');
            const all = await kv.watch('t');
            const watch = await kv.watch('t', { snapshot: true, maxMessages: 3 });
            const copy = new Map<string, Value>();
            const told: Change[] = [];
            let ready: { position: Position; copy: Map<string, Value> } | undefined;
            let [taken, next] = [0, 0];
            for await (const item of watch) {
              if (item.kind === 'ready') ready = { position: item.position, copy: new Map(copy) };
              else if (item.kind === 'entry') copy.set(item.key, item.value);
              else told.push(item);
              if (item.kind === 'change') apply(item, copy);
              if (ready !== undefined && told.at(-1)?.key === 'the end') break;
              const isTime = ready === undefined ? taken++ % 10 === 0 : next < bursts.length;
              for (; isTime && next < bursts.length; next++) {
                for (const { key, value } of bursts[next] ?? []) {
                  if (value === undefined) await kv.hdel('t', `k${key}`);
                  else await kv.hset('t', `k${key}`, BigInt(value));
                }
                if (ready === undefined) break;
              }
              if (isTime && next >= bursts.length) await kv.hset('t', 'the end', true);
            }
            expect(copy).toEqual(await kv.hgetall('t'));
            const position = ready?.position as Position;
            const changes: Change[] = [];
            for await (const item of all) {
              if (item.kind === 'change' && changes.push(item) && item.key === 'the end') break;
            }
            const isAfter = (change: Change): boolean =>
              change.position.sequence > position.sequence;
            // It was the table, at one moment, and all that came later followed.
            for (const change of changes) if (!isAfter(change)) apply(change, base);
            expect(ready?.copy).toEqual(base);
            expect(told.filter(isAfter)).toEqual(changes.filter(isAfter));
            expect(told).toEqual(changes);
          },
        ),
        { numRuns: 25 },
      );
    },
  );
});

function apply({ key, value }: Change, to: Map<string, Value>): void {
  if (value === null) to.delete(key);
  else to.set(key, value);
}

/** So many items, after which the watch goes on. */
async function takeSome(watch: AsyncIterable<WatchItem>, count: number): Promise<WatchItem[]> {
  const iterator = watch[Symbol.asyncIterator]();
  const items: WatchItem[] = [];
  while (items.length < count) items.push((await iterator.next()).value as WatchItem);
  return items;
}
