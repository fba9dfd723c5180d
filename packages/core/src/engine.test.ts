import {
  type CommandName,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  KvError,
  type Value,
  valueToMessage,
} from '@kv/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { commandTable } from './command-table.js';
import { Engine } from './engine.js';
import { MemoryStorage } from './storage/memory-storage.js';
import type { Storage } from './storage/storage.js';

const get = (key: string): CommandRequest => commandRequest('hget', { table: 't', key });
const set = (key: string, value: Value): CommandRequest =>
  commandRequest('hset', { table: 't', pair: { key, value: valueToMessage(value) } });

/** What a caller from JavaScript may pass as a command. */
const named = (name: string): CommandRequest =>
  ({ requestData: { case: name, value: { table: 't', key: 'k' } } }) as unknown as CommandRequest;

const NO_COMMANDS: Record<CommandName, number> = {
  hget: 0,
  hgetall: 0,
  hmget: 0,
  hset: 0,
  hmset: 0,
  hdel: 0,
  hmdel: 0,
  hexist: 0,
  hmexist: 0,
  subscribe: 0,
  unsubscribe: 0,
  publish: 0,
  hscan: 0,
  snapshot: 0,
  watch: 0,
  changes: 0,
};

interface Slow {
  readonly engine: Engine;
  readonly closed: () => number;
  /** Lets the oldest read that waits have its answer. */
  answer(value: Value): void;
}

/** An engine on a storage whose reads wait, and which counts how often it is closed. */
function slowEngine(close: () => void | Promise<void> = () => {}): Slow {
  const waiting: ((value: Value) => void)[] = [];
  let closed = 0;
  const storage: Storage = Object.assign(new MemoryStorage(), {
    get: () => new Promise<Value>((resolve) => waiting.push(resolve)),
    close: () => {
      closed++;
      return close();
    },
  });
  return {
    engine: new Engine({ storage }),
    closed: () => closed,
    answer: (value) => waiting.shift()?.(value),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('an engine', () => {
  it('keeps data in memory if it is not told where', () => {
    const engine = new Engine();
    engine.execute(set('k', 'v'));
    expect(engine.execute(get('k'))).toMatchObject({ values: [valueToMessage('v')] });
  });

  it('shares nothing with another one', () => {
    new Engine().execute(set('k', 'v'));
    expect(new Engine().execute(get('k'))).toMatchObject({ status: 404 });
  });

  it('brings all its sessions and clients to the same storage and hooks', async () => {
    const storage = new MemoryStorage();
    const engine = new Engine({ storage });
    const peers: string[] = [];
    engine.hooks.on('requestReceived', ({ peer }) => void peers.push(peer.transport));
    engine.execute(set('a', 1n));
    engine.openSession({ transport: 'test', address: 'here' }).execute(set('b', 2n));
    await engine.client().hset('t', 'c', 3n);
    expect(storage.getMany('t', ['a', 'b', 'c'])).toEqual([1n, 2n, 3n]);
    expect(peers).toEqual(['in-process', 'test', 'in-process']);
  });

  it('has the limits that it is told, and the others by default', () => {
    const engine = new Engine({ limits: { maxKeyBytes: 3 } });
    expect(engine.execute(get('kkk'))).toMatchObject({ status: 404 });
    expect(engine.execute(get('kkkk'))).toMatchObject({ status: 413 });
    const longTable = commandRequest('hget', { table: 't'.repeat(256), key: 'k' });
    expect(engine.execute(longTable)).toMatchObject({ status: 413 });
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'HGET', 'watch it', ''])(
    'knows no command named %j',
    (name) => {
      const engine = new Engine();
      expect(engine.execute(named(name))).toEqual({
        status: 400,
        message: `Command is invalid: \`there is no command '${name}'\``,
        values: [],
        pairs: [],
      });
      expect(engine.stats()).toMatchObject({ requests: 1, inFlight: 0, commands: NO_COMMANDS });
    },
  );

  it('takes a request without a command for an invalid one', () => {
    const empty: CommandRequest = { requestData: { case: undefined } };
    expect(new Engine().execute(empty)).toMatchObject({ status: 400 });
  });
});

describe("an engine's figures", () => {
  it('are also those of its storage, until that is closed', async () => {
    const engine = new Engine();
    await engine.client().hset('t', 'k', true);
    expect(engine.stats().storage).toMatchObject({ entries: 1, tables: 1 });
    await engine.close();
    expect(engine.stats().storage).toEqual({});
    expect(new Engine({ storage: new MemoryStorage() }).stats().storage).toEqual({});
  });

  it('are all zero at first, with every command among them', () => {
    const { uptimeMs: _, ...figures } = new Engine().stats();
    expect(figures).toEqual({
      sessions: {},
      subscriptions: 0,
      requests: 0,
      inFlight: 0,
      commands: NO_COMMANDS,
      statuses: {},
      storage: expect.objectContaining({ entries: 0 }),
    });
    expect(Object.keys(figures.commands)).toEqual(Object.keys(commandTable));
  });

  it('count requests by command, and responses by status', () => {
    const engine = new Engine();
    for (const request of [
      set('k', 'v'),
      get('k'),
      get('k'),
      get('none'),
      get(''),
      named('nope'),
    ]) {
      engine.execute(request);
    }
    expect(engine.stats()).toMatchObject({
      requests: 6,
      inFlight: 0,
      commands: { ...NO_COMMANDS, hset: 1, hget: 4 },
      statuses: { 200: 3, 404: 1, 400: 2 },
    });
  });

  it('count the status that a listener made of the response', () => {
    const engine = new Engine();
    engine.hooks.on('beforeResponseSend', () => {
      throw new KvError('FORBIDDEN', 'no');
    });
    engine.execute(get('k'));
    expect(engine.stats().statuses).toEqual({ 403: 1 });
  });

  it('count a request as in flight until its response is ready', async () => {
    const { engine, answer } = slowEngine();
    const answers = [engine.execute(get('a')), engine.execute(get('b'))];
    expect(engine.stats()).toMatchObject({ requests: 2, inFlight: 2, statuses: {} });
    answer('v');
    await answers[0];
    expect(engine.stats()).toMatchObject({ requests: 2, inFlight: 1, statuses: { 200: 1 } });
    answer('v');
    await answers[1];
    expect(engine.stats()).toMatchObject({ requests: 2, inFlight: 0, statuses: { 200: 2 } });
  });

  it('count what could not be read as a request without a command', () => {
    const engine = new Engine();
    const session = engine.openSession({ transport: 'test', address: 'here' });
    session.refuse(new KvError('TOO_LARGE', 'too long'), () => {});
    expect(engine.stats()).toMatchObject({
      requests: 1,
      inFlight: 0,
      commands: NO_COMMANDS,
      statuses: { 413: 1 },
    });
  });

  it('count open sessions by transport, clients among them', async () => {
    const engine = new Engine();
    const tcp = engine.openSession({ transport: 'tcp', address: '1' });
    engine.openSession({ transport: 'tcp', address: '2' });
    const client = engine.client();
    expect(engine.stats().sessions).toEqual({ tcp: 2, 'in-process': 1 });
    tcp.close();
    await client.close();
    expect(engine.stats().sessions).toEqual({ tcp: 1 });
  });

  it.each(['__proto__', 'constructor'])('count sessions of a transport by any name: %s', (name) => {
    const engine = new Engine();
    for (const address of ['1', '2']) engine.openSession({ transport: name, address });
    expect(Object.entries(engine.stats().sessions)).toEqual([[name, 2]]);
  });

  it('are those of the moment, and nobody can change them', () => {
    const engine = new Engine();
    const before = engine.stats();
    engine.execute(get('k'));
    expect([before.requests, before.commands.hget, before.statuses]).toEqual([0, 0, {}]);
    Object.assign(engine.stats().commands, { hget: 99 });
    expect(engine.stats().commands.hget).toBe(1);
  });

  it('tell how long the engine has been there, in milliseconds', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    vi.advanceTimersByTime(500);
    const engine = new Engine();
    vi.advanceTimersByTime(1_500);
    expect(engine.stats().uptimeMs).toBe(1_500);
  });
});

describe('closing an engine', () => {
  it('waits for what is under way, and only then closes the storage', async () => {
    const { engine, closed, answer } = slowEngine();
    const answers = [engine.execute(get('a')), engine.execute(get('b'))];
    const end = engine.close();
    answer('v');
    await turn();
    expect(closed()).toBe(0);
    answer('v');
    await end;
    expect(closed()).toBe(1);
    expect(await Promise.all(answers)).toMatchObject([{ status: 200 }, { status: 200 }]);
  });

  it('closes the storage of an idle engine', async () => {
    const { engine, closed } = slowEngine();
    await engine.close();
    expect(closed()).toBe(1);
  });

  it('is one end, however often it is asked for', async () => {
    const { engine, closed } = slowEngine();
    const end = engine.close();
    expect(engine.close()).toBe(end);
    await end;
    expect(engine.close()).toBe(end);
    expect(closed()).toBe(1);
  });

  it('comes at the end of a scope', async () => {
    const { engine, closed } = slowEngine();
    await engine[Symbol.asyncDispose]();
    expect(closed()).toBe(1);
  });

  it('refuses requests from then on, and does not wait for them', async () => {
    const { engine, answer } = slowEngine();
    const before = engine.execute(get('a'));
    const end = engine.close();
    const refused: Partial<CommandResponse> = { status: 503, message: 'The engine is closed' };
    expect(engine.execute(get('b'))).toMatchObject(refused);
    await expect(engine.client().hget('t', 'k')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    answer('v');
    await end;
    expect(await before).toMatchObject({ status: 200 });
    expect(engine.execute(get('c'))).toMatchObject(refused);
  });

  it('waits for the storage', async () => {
    let done = (): void => {};
    const { engine } = slowEngine(
      () =>
        new Promise<void>((resolve) => {
          done = resolve;
        }),
    );
    let ended = false;
    const end = engine.close().then(() => {
      ended = true;
    });
    await turn();
    expect(ended).toBe(false);
    done();
    await end;
    expect(ended).toBe(true);
  });

  it('fails with what the storage fails with', async () => {
    const failure = new KvError('STORAGE_FAILURE', 'The disk is gone');
    const { engine } = slowEngine(() => Promise.reject(failure));
    await expect(engine.close()).rejects.toBe(failure);
    await expect(engine.close()).rejects.toBe(failure);
  });
});
