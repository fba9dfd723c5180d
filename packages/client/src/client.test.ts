import { getEventListeners, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Engine, type KvClient } from '@kv/core';
import { errorResponse, KvError, type Value } from '@kv/protocol';
import { TcpTransport } from '@kv/transport-tcp';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Client, connect } from './client.js';
import type { ClientOptions } from './options.js';
import { ScriptedConnection, ScriptedServer, settled } from './testing/scripted-server.js';

let server: ScriptedServer;
const clients: Client[] = [];
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(async () => {
  for (const connection of server.connections) connection.destroy();
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

async function connected(options?: ClientOptions): Promise<Client> {
  const client = await connect(server.target, options);
  clients.push(client);
  return client;
}

describe('every command', () => {
  let engine: Engine;
  let transport: TcpTransport;
  beforeEach(() => {
    engine = new Engine();
    transport = new TcpTransport(engine);
  });
  afterEach(async () => {
    await transport.close();
    await engine.close();
  });

  async function exercise(kv: KvClient): Promise<void> {
    expect(await kv.hget('t', 'k')).toBeNull();
    expect(await kv.hset('t', 'k', 'v')).toBeNull();
    expect(await kv.hset('t', 'k', 1n)).toBe('v');
    expect(await kv.hget('t', 'k')).toBe(1n);
    expect(
      await kv.hmset(
        't',
        new Map<string, Value>([
          ['k', 0.5],
          ['__proto__', true],
        ]),
      ),
    ).toEqual([1n, null]);
    expect(await kv.hmget('t', ['__proto__', 'none', 'k'])).toEqual([true, null, 0.5]);
    expect(await kv.hmset('t', [['b', new Uint8Array([1, 2])]])).toEqual([null]);
    expect(await kv.hgetall('t')).toEqual(
      new Map<string, unknown>([
        ['k', 0.5],
        ['__proto__', true],
        ['b', new Uint8Array([1, 2])],
      ]),
    );
    const scanned = new Map<string, unknown>();
    for await (const [key, value] of kv.hscan('t', { pageSize: 1 })) scanned.set(key, value);
    expect(scanned).toEqual(await kv.hgetall('t'));
    for await (const pair of kv.hscan('t', { prefix: '__' })) {
      expect(pair).toEqual(['__proto__', true]);
    }
    expect(await kv.hexist('t', 'k')).toBe(true);
    expect(await kv.hmexist('t', ['k', 'none'])).toEqual([true, false]);
    const news = await kv.subscribe('news');
    const chat = await kv.subscribe({ pattern: 'chat.*' });
    expect(await kv.publish('news', ['rain', 21n, 0.5, true, new Uint8Array([1])])).toBe(1);
    expect(await kv.publish('chat.a', [])).toBe(1);
    expect(await kv.publish('weather', 'sun')).toBe(0);
    for await (const message of news) {
      const values = ['rain', 21n, 0.5, true, new Uint8Array([1])];
      expect(message).toEqual({ topic: 'news', values });
      break;
    }
    for await (const message of chat) {
      expect(message).toEqual({ topic: 'chat.a', values: [] });
      break;
    }
    expect(await kv.publish('news', 'late')).toBe(0);
    await expect(kv.subscribe('')).rejects.toMatchObject({ code: 'INVALID_COMMAND' });
    expect(await kv.hdel('t', 'k')).toBe(0.5);
    expect(await kv.hmdel('t', ['k', '__proto__'])).toEqual([null, true]);
    expect(await kv.hexist('t', 'k')).toBe(false);
  }

  it('takes and gives the same in-process and over TCP', async () => {
    await exercise(engine.client());
    await engine.client().hmdel('t', ['b']);
    const { url } = await transport.listen({ port: 0 });
    await using kv = await connect(url);
    await exercise(kv);
  });

  it('takes and gives the same over a unix socket', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kv-'));
    const path = join(directory, 'kv.sock');
    await transport.listen({ path });
    const kv = await connect(path);
    await exercise(kv);
    await kv.close();
    await rm(directory, { recursive: true });
  });

  it('fails with the code and message of the server', async () => {
    const { url } = await transport.listen({ port: 0 });
    engine.hooks.on('requestReceived', () => {
      throw new KvError('FORBIDDEN', 'Not you');
    });
    await using kv = await connect(url);
    const error = await kv.hget('t', 'k').catch((error: unknown) => error);
    expect(error).toBeInstanceOf(KvError);
    expect(error).toMatchObject({ code: 'FORBIDDEN', message: 'Not you', status: 403 });
  });
});

describe('connecting', () => {
  it('fails if the first attempt does, and says why', async () => {
    const taken = createServer().listen({ port: 0, host: '127.0.0.1' });
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    taken.close();
    await once(taken, 'close');
    await expect(connect(`kv://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `Cannot reach kv://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('says of every address of a name why it failed', async () => {
    const errors = [new Error('refused at ::1'), new Error('refused at 127.0.0.1')];
    const target = (): never => {
      throw new AggregateError(errors);
    };
    await expect(connect(target)).rejects.toThrow(
      'Cannot reach the given stream: refused at ::1, refused at 127.0.0.1',
    );
  });

  it('may be tried again after that', async () => {
    server.up = false;
    const client = new Client(server.target);
    clients.push(client);
    await expect(client.connect()).rejects.toThrow('The server is down');
    server.up = true;
    await client.connect();
    const call = client.hget('t', 'k');
    await settled();
    server.connection.answerValue('v');
    expect(await call).toBe('v');
  });

  it('fails after its time, and lets go of the socket', async () => {
    const socket = Object.assign(new Socket(), { connecting: true });
    await expect(connect(() => socket, { connectTimeoutMs: 1 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'Cannot reach the given stream: no connection within 1 ms',
    });
    expect(socket.destroyed).toBe(true);
  });

  it('is given up when the client is closed', async () => {
    const socket = Object.assign(new Socket(), { connecting: true });
    const client = new Client(() => socket);
    const connecting = client.connect();
    await client.close();
    await expect(connecting).rejects.toThrow('the client was closed');
    expect(socket.destroyed).toBe(true);
  });

  it.each<[string, Error | undefined]>([
    ['is gone already', undefined],
    ['fails at once', new Error('reset')],
  ])('fails over a stream that %s', async (_, error) => {
    const target = (): Duplex => {
      const stream = new ScriptedConnection();
      stream.destroy(error);
      return stream;
    };
    await expect(connect(target)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'Cannot reach the given stream: it was closed at once',
      cause: error,
    });
  });

  it('makes the operating system look after an idle socket', async () => {
    const engine = new Engine();
    const transport = new TcpTransport(engine);
    const { url } = await transport.listen({ port: 0 });
    const setKeepAlive = vi.spyOn(Socket.prototype, 'setKeepAlive');
    onTestFinished(() => setKeepAlive.mockRestore());
    await using _kv = await connect(url);
    expect(setKeepAlive).toHaveBeenCalledWith(true, 30_000);
    await transport.close();
    await engine.close();
  });

  it('is done once', async () => {
    const client = await connected();
    await expect(client.connect()).rejects.toThrow('The client is connected');
  });

  it('is needed before any call', async () => {
    const call = new Client(server.target).hget('t', 'k');
    await expect(call).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it.each<[ClientOptions]>([
    [{ timeoutMs: 0 }],
    [{ maxPending: -1 }],
    [{ connectTimeoutMs: Number.NaN }],
    [{ connectTimeoutMs: Number.POSITIVE_INFINITY }],
    [{ maxReconnectDelayMs: 2 ** 31 }],
    [{ maxFrameBytes: 511 }],
    [{ maxFrameBytes: 2 ** 31 }],
    [{ headerBytes: 2, maxFrameBytes: 65_536 }],
  ])('refuses the options %o', async (options) => {
    await expect(connect(server.target, options)).rejects.toThrow(RangeError);
  });

  it('refuses an option that there is not, and names it', async () => {
    await expect(connect(server.target, JSON.parse('{ "timeout": 1 }'))).rejects.toThrow(
      new TypeError("There is no option 'timeout' of a Client"),
    );
  });
});

describe('pipelining', () => {
  it('sends the calls of one tick in one write, and later ones without waiting for answers', async () => {
    const kv = await connected();
    const calls = ['a', 'b', 'c'].map((key) => kv.hget('t', key));
    await settled();
    calls.push(kv.hget('t', 'd'));
    await settled();
    const written = server.connection.writes.map((requests) => requests.length);
    expect(written).toEqual([3, 1]);
    for (const value of ['a', 'b', 'c', 'd']) server.connection.answerValue(value);
    expect(await Promise.all(calls)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('sends the calls that follow from the answers of one read in one write', async () => {
    const kv = await connected();
    const loop = async (): Promise<void> => {
      await kv.hget('t', '1');
      await kv.hget('t', '2');
    };
    const loops = [loop(), loop(), loop()];
    await settled();
    for (let i = 0; i < 3; i++) server.connection.answerValue(null);
    await settled();
    expect(server.connection.writes.map((requests) => requests.length)).toEqual([3, 3]);
    for (let i = 0; i < 3; i++) server.connection.answerValue(null);
    await Promise.all(loops);
  });
});

describe('what cannot be sent', () => {
  const notBinary: Uint8Array = Object.create(Uint8Array.prototype);

  it.each<[string, (kv: Client) => Promise<unknown>, string]>([
    ['a lone surrogate in a table', (kv) => kv.hget('\ud800', 'k'), 'INVALID_COMMAND'],
    ['a lone surrogate in a key', (kv) => kv.hmget('t', ['k', '\udc00']), 'INVALID_COMMAND'],
    ['a lone surrogate in a value', (kv) => kv.hset('t', 'k', '\ud800'), 'INVALID_COMMAND'],
    ['an integer beyond int64', (kv) => kv.hset('t', 'k', 2n ** 63n), 'INVALID_COMMAND'],
    ['what only looks like binary', (kv) => kv.hset('t', 'k', notBinary), 'INVALID_COMMAND'],
    ['a frame beyond the limit', (kv) => kv.hset('t', 'k', 'x'.repeat(2000)), 'TOO_LARGE'],
  ])('%s fails alone; its neighbours of the same tick are sent', async (_, bad, code) => {
    const kv = await connected({ maxFrameBytes: 1024 });
    const before = kv.hget('t', 'before');
    const failed = expect(bad(kv)).rejects.toMatchObject({ code });
    const after = kv.hget('t', 'after');
    await failed;
    await settled();
    expect(server.connection.requests.map(({ requestData }) => requestData.value)).toEqual([
      { table: 't', key: 'before' },
      { table: 't', key: 'after' },
    ]);
    server.connection.answerValue(1n);
    server.connection.answerValue(2n);
    expect(await Promise.all([before, after])).toEqual([1n, 2n]);
  });
});

describe('giving up', () => {
  it('fails a call that is not answered in time, and throws its late answer away', async () => {
    const kv = await connected({ timeoutMs: 1 });
    const patient = kv.hget('t', 'patient', { timeoutMs: 60_000 });
    await expect(kv.hset('t', 'k', 'v')).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'No answer within 1 ms: the command may or may not have taken effect',
    });
    server.connection.answerValue('patient');
    server.connection.answerValue('late');
    expect(await patient).toBe('patient');
    const next = kv.hget('t', 'next', { timeoutMs: 60_000 });
    await settled();
    server.connection.answerValue('next');
    expect(await next).toBe('next');
  });

  it('times each of many calls out, whatever their order', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const kv = await connected();
      const times = [500, 100, 300, 200, 400];
      const failed: number[] = [];
      for (const timeoutMs of times) {
        kv.hget('t', 'k', { timeoutMs }).catch(() => failed.push(timeoutMs));
      }
      for (const [i, timeoutMs] of [100, 200, 300, 400, 500].entries()) {
        await vi.advanceTimersByTimeAsync(99);
        expect(failed).toHaveLength(i);
        await vi.advanceTimersByTimeAsync(1);
        expect(failed[i]).toBe(timeoutMs);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  it('fails a call whose signal is aborted, before or after it was sent', async () => {
    const kv = await connected();
    const reason = new Error('enough');
    const aborted = kv.hget('t', 'k', { signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toMatchObject({ code: 'CANCELLED', cause: reason });
    const controller = new AbortController();
    const call = kv.hget('t', 'k', { signal: controller.signal });
    const next = kv.hget('t', 'next');
    await settled();
    expect(server.connection.requests).toHaveLength(2);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort(reason);
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED', cause: reason });
    server.connection.answerValue('thrown away');
    server.connection.answerValue('next');
    expect(await next).toBe('next');
  });

  it.each([0, -1, Number.NaN])(
    'refuses a call with %d ms, and times others out as ever',
    async (timeoutMs) => {
      const kv = await connected();
      const call = kv.hget('t', 'k', { timeoutMs: 1 });
      const refused = kv.hget('t', 'k', { timeoutMs });
      await expect(refused).rejects.toMatchObject({ code: 'INVALID_COMMAND' });
      await expect(call).rejects.toMatchObject({ code: 'TIMEOUT' });
      expect(server.connection.requests).toHaveLength(1);
    },
  );

  it('keeps no hold on the signal of a call that is over', async () => {
    const kv = await connected();
    const { signal } = new AbortController();
    const call = kv.hget('t', 'k', { signal });
    await settled();
    server.connection.answerValue(null);
    await call;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('never sets a timer that would overflow', async () => {
    const set = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => set.mockRestore());
    const kv = await connected();
    const calls = [2 ** 40, Number.POSITIVE_INFINITY].map((timeoutMs) =>
      kv.hget('t', 'k', { timeoutMs }),
    );
    await settled();
    server.connection.answerValue(null);
    server.connection.answerValue(null);
    await Promise.all(calls);
    for (const [, delayMs = 0] of set.mock.calls) expect(delayMs).toBeLessThan(2 ** 31);
  });

  it('refuses a call beyond the limit of waiting ones', async () => {
    const kv = await connected({ maxPending: 2 });
    const calls = [kv.hget('t', 'a'), kv.hget('t', 'b')];
    await expect(kv.hget('t', 'c')).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    await settled();
    server.connection.answerValue(null);
    server.connection.answerValue(null);
    await Promise.all(calls);
    const call = kv.hget('t', 'd');
    await settled();
    server.connection.answerValue('d');
    expect(await call).toBe('d');
  });
});

describe('closing', () => {
  it('waits for the calls under way and refuses new ones', async () => {
    const kv = await connected();
    const call = kv.hget('t', 'k');
    await settled();
    const closing = kv.close();
    await expect(kv.hget('t', 'k')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'The client is closed',
    });
    expect(server.connection.writableEnded).toBe(false);
    server.connection.answerValue('v');
    expect(await call).toBe('v');
    await closing;
    expect(server.connection.destroyed).toBe(true);
    await kv.close();
  });

  it('does not wait for a server that takes nothing any more', async () => {
    const kv = await connected({ timeoutMs: 1 });
    vi.spyOn(server.connection, '_write').mockImplementation(() => {});
    await expect(kv.hset('t', 'k', 'v')).rejects.toMatchObject({ code: 'TIMEOUT' });
    await kv.close();
    expect(server.connection.destroyed).toBe(true);
  });

  it('does not wait for calls that have been given up', async () => {
    const kv = await connected();
    const controller = new AbortController();
    const call = kv.hget('t', 'k', { signal: controller.signal });
    await settled();
    const closing = kv.close();
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
    await closing;
  });

  it('leaves no timer behind', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const kv = await connected();
    kv.hget('t', 'k').catch(() => {});
    server.up = false;
    server.connection.destroy();
    await once(server.connection, 'close');
    expect(vi.getTimerCount()).toBe(2);
    await kv.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails calls that wait for a connection', async () => {
    const kv = await connected();
    server.up = false;
    server.connection.destroy();
    await once(server.connection, 'close');
    const call = kv.hget('t', 'k');
    const failed = expect(call).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await kv.close();
    await failed;
  });

  it('happens at the end of `await using`', async () => {
    {
      await using kv = await connect(server.target);
      expect(kv).toBeInstanceOf(Client);
    }
    expect(server.connection.destroyed).toBe(true);
  });
});

describe('an answer of the server', () => {
  it('that is an error leaves the connection as it is', async () => {
    const kv = await connected();
    const call = kv.hset('t', 'k', 'v');
    await settled();
    server.connection.answer(errorResponse(new KvError('STORAGE_FAILURE', 'Full')));
    await expect(call).rejects.toMatchObject({ code: 'STORAGE_FAILURE', message: 'Full' });
    expect(server.connection.destroyed).toBe(false);
  });
});
