import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connect } from '@kv/client';
import {
  type Change,
  Engine,
  type KvClient,
  type Position,
  type Storage,
  type Value,
  type Watch,
  type WatchItem,
} from '@kv/core';
import { WalStorage } from '@kv/storage-wal';
import { TcpTransport } from '@kv/transport-tcp';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

let directory: string;
let engine: Engine;
/** In the process of the engine, which is there also when the server is not. */
let here: KvClient;
let transport: TcpTransport;
let watcher: Client;
let sockets: Socket[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-reconnect-'));
  sockets = [];
});
afterEach(async () => {
  await watcher.close();
  await transport.close();
  await engine.close();
  await rm(directory, { recursive: true });
});

const path = (): string => join(directory, 'socket');

async function listen(): Promise<void> {
  transport = new TcpTransport(engine, { drainMs: 0 });
  await transport.listen({ path: path() });
}

/** Begins a server, and connects to it. */
async function serve(storage?: Storage): Promise<void> {
  engine = new Engine({ storage });
  here = engine.client();
  await listen();
  const open = (): Socket => {
    const socket = createConnection({ path: path() });
    sockets.push(socket);
    return socket;
  };
  watcher = await connect(open, { minReconnectDelayMs: 1, maxReconnectDelayMs: 20 });
}

const event = (name: 'disconnect' | 'reconnect'): Promise<void> =>
  new Promise((resolve) => watcher.events.once(name, () => resolve()));

/** How a watch can be without a connection for a time, in which something happens. */
const OUTAGES: readonly [string, (happen: () => Promise<void>) => Promise<void>][] = [
  [
    'its server is stopped and started',
    async (happen) => {
      const lost = event('disconnect');
      await transport.close();
      await lost;
      await happen();
      const back = event('reconnect');
      await listen();
      await back;
    },
  ],
  [
    'its connection is cut',
    async (happen) => {
      const [lost, back] = [event('disconnect'), event('reconnect')];
      sockets.at(-1)?.destroy();
      await lost;
      // The engine answers at once: all of this comes before the client connects again.
      await happen();
      await back;
    },
  ],
];

/** So many items, after which the watch goes on. */
async function take(watch: Watch, count: number): Promise<WatchItem[]> {
  const iterator = watch[Symbol.asyncIterator]();
  const items: WatchItem[] = [];
  while (items.length < count) items.push((await iterator.next()).value as WatchItem);
  return items;
}

const essence = (item: WatchItem): unknown[] =>
  item.kind === 'change' ? [item.cause, item.key, item.value, item.old] : [item.kind];

function apply(item: WatchItem, to: Map<string, Value>): void {
  if (item.kind === 'ready') return;
  if (item.value === null) to.delete(item.key);
  else to.set(item.key, item.value);
}

describe.each(OUTAGES)('a watch of a table in memory, when %s', (_, outage) => {
  beforeEach(() => serve());

  test('tells each change once and in order, as one that lost nothing does', async () => {
    const whole = await here.watch('t');
    const watch = await watcher.watch('t');
    let written = 0;
    const write = async (): Promise<void> => {
      for (let i = 0; i < 50; i++) await here.hset('t', `k${i % 7}`, BigInt(written++));
      await here.hdel('t', 'k3');
      await here.hset('others', 'k', true);
    };
    const told: WatchItem[] = [];
    for (let round = 0; round < 3; round++) {
      await write();
      // Some of it waits for who takes it when the connection is lost.
      told.push(...(await take(watch, 20)));
      await outage(write);
      await write();
    }
    told.push(...(await take(watch, 9 * 51 - told.length)));
    expect(told).toEqual(await take(whole, told.length));
  });

  test('tells of each key the last change, with the value from before the first, if it conflates', async () => {
    await here.hset('t', 'a', 0n);
    const watch = await watcher.watch('t', { overflow: 'conflate' });
    await here.hset('t', 'a', 1n);
    expect((await take(watch, 1)).map(essence)).toEqual([['set', 'a', 1n, 0n]]);
    await outage(async () => {
      for (let i = 2n; i <= 50n; i++) await here.hset('t', 'a', i);
      await here.hset('t', 'b', 1n);
      await here.hdel('t', 'b');
      await here.hset('t', 'c', 1n);
    });
    expect((await take(watch, 3)).map(essence)).toEqual([
      ['set', 'a', 50n, 1n],
      ['delete', 'b', null, null],
      ['set', 'c', 1n, null],
    ]);
    await here.hset('t', 'a', 51n);
    expect((await take(watch, 1)).map(essence)).toEqual([['set', 'a', 51n, 50n]]);
  });

  test('goes on with the copy of the table that it was at', async () => {
    const many = Array.from({ length: 5000 }, (_, i) => [`k${i}`, BigInt(i)] as const);
    await here.hmset('t', many);
    const base = await here.hgetall('t');
    const whole = await here.watch('t');
    const watch = await watcher.watch('t', { snapshot: true });
    const iterator = watch[Symbol.asyncIterator]();
    const items = await take(watch, 1000);
    let changes = 0;
    for (let round = 0; round < 2; round++) {
      // The first asks for another page.
      const next = iterator.next();
      await outage(async () => {
        for (let i = round; i < 5000; i += 100) {
          await here.hset('t', `k${i}`, true);
          await here.hdel('t', `k${i + 50}`);
          changes += 2;
        }
      });
      items.push((await next).value as WatchItem, ...(await take(watch, 1000)));
    }
    await here.hset('t', 'the end', true);
    changes++;
    const isOver = (): boolean =>
      items.some(({ kind }) => kind === 'ready') &&
      items.filter(({ kind }) => kind === 'change').length === changes;
    while (!isOver()) items.push((await iterator.next()).value as WatchItem);
    const ready = items.findIndex(({ kind }) => kind === 'ready');
    const { sequence } = (items[ready] as { position: Position }).position;
    const all = (await take(whole, changes)) as Change[];
    expect(items.filter(({ kind }) => kind === 'change')).toEqual(all);
    // At its end it is the table as it was at one moment, and later the table as it is.
    const copy = new Map<string, Value>();
    for (const item of items.slice(0, ready)) apply(item, copy);
    for (const change of all) if (change.position.sequence <= sequence) apply(change, base);
    expect(copy).toEqual(base);
    for (const item of items.slice(ready)) apply(item, copy);
    expect(copy).toEqual(await here.hgetall('t'));
  });

  test('ends at once in between, if it is given up', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const options = [{ signal }, { signal, snapshot: true }, { signal, key: 'k', snapshot: true }];
    const watches = await Promise.all(options.map((each) => watcher.watch('t', each)));
    const taking = watches.map((watch) => take(watch, 2).catch(({ code }) => code));
    await outage(async () => {
      controller.abort();
      expect(await Promise.all(taking)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
    });
    await vi.waitFor(() => expect(engine.stats().subscriptions).toBe(0));
  });
});

describe('a watch whose engine is started anew', () => {
  /** Stops all, and starts it with another engine, in which something happens before its server is there. */
  async function startAnew(
    open: () => Promise<Storage | undefined>,
    happen: () => Promise<void>,
  ): Promise<void> {
    const lost = event('disconnect');
    await transport.close();
    await lost;
    await engine.close();
    engine = new Engine({ storage: await open() });
    here = engine.client();
    await happen();
    const back = event('reconnect');
    await listen();
    await back;
  }

  test.each([{}, { snapshot: true }, { key: 'k', snapshot: true }])(
    'ends with GONE, if that was in memory: %j',
    async (options) => {
      await serve();
      for (let i = 0; i < 2000; i++) await here.hset('t', `k${i}`, 1n);
      await here.hset('t', 'k', 1n);
      const watch = await watcher.watch('t', options);
      if (options.snapshot) await take(watch, 1);
      await startAnew(
        async () => undefined,
        async () => {},
      );
      await here.hset('t', 'k', 2n);
      const gone = expect.objectContaining({ code: 'GONE' });
      await expect(take(watch, 2000)).rejects.toThrow(gone);
      expect(engine.stats().subscriptions).toBe(0);
    },
  );

  test.each([
    [{ key: 'a1' }, ['a1']],
    [{ prefix: 'a' }, ['a1', 'a2']],
    [{}, ['a1', 'b', 'a2']],
  ])(
    'goes on in the next epoch with what it watches, if there is a log: %j',
    async (options, keys) => {
      const open = (): Promise<WalStorage> =>
        WalStorage.open({ directory: join(directory, 'data') });
      await serve(await open());
      const watch = await watcher.watch('t', options);
      const changes: Change[] = [];
      const write = async (value: Value): Promise<void> => {
        for (const key of ['a1', 'b', 'a2']) await here.hset('t', key, value);
      };
      for (let round = 0; round < 3; round++) {
        await write(`live ${round}`);
        await startAnew(open, () => write(`away ${round}`));
        // Some of it waits for who takes it when all is stopped once more.
        changes.push(...((await take(watch, keys.length)) as Change[]));
      }
      changes.push(...((await take(watch, 3 * keys.length)) as Change[]));
      expect(changes.map(({ key, value }) => [key, value])).toEqual(
        [0, 1, 2].flatMap((round) =>
          ['live', 'away'].flatMap((when) => keys.map((key) => [key, `${when} ${round}`])),
        ),
      );
      const epochs = changes.map(({ position }) => position.epoch);
      expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
      expect(new Set(epochs).size).toBe(4);
      const sequences = changes.map(({ position }) => position.sequence);
      expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
    },
  );
});
