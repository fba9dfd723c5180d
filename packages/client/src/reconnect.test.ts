import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Client, connect } from './client.js';
import type { ClientOptions } from './options.js';
import { ScriptedServer, settled } from './testing/scripted-server.js';

let server: ScriptedServer;
let kv: Client;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(async () => {
  for (const connection of server.connections) connection.destroy();
  await kv.close();
});

async function connected(options?: ClientOptions): Promise<void> {
  kv = await connect(server.target, { minReconnectDelayMs: 1, maxReconnectDelayMs: 2, ...options });
}

const event = (name: 'disconnect' | 'reconnecting' | 'reconnect'): Promise<void> =>
  new Promise((resolve) => kv.events.once(name, () => resolve()));

/** Cuts the connection. */
async function cut(error?: Error): Promise<void> {
  const { connection } = server;
  connection.destroy(error);
  await event('disconnect');
}

describe('a lost connection', () => {
  it('fails the calls that were sent, as nobody knows what became of them', async () => {
    await connected();
    const calls = [kv.hset('t', 'k', 'v'), kv.hget('t', 'k')];
    await settled();
    const outcomes = Promise.allSettled(calls);
    const cause = new Error('reset');
    await cut(cause);
    const reason = { code: 'CONNECTION_LOST', cause };
    expect(await outcomes).toMatchObject([{ reason }, { reason }]);
  });

  it('is told, and made good', async () => {
    await connected();
    const told: unknown[] = [];
    kv.events.on('connect', () => told.push('connect'));
    kv.events.on('disconnect', (error) => told.push(['disconnect', error?.message]));
    kv.events.on('reconnecting', (attempt) => told.push(['reconnecting', attempt]));
    kv.events.on('reconnect', () => told.push('reconnect'));
    const reconnect = event('reconnect');
    await cut(new Error('reset'));
    await reconnect;
    expect(told).toEqual([['disconnect', 'reset'], ['reconnecting', 0], 'reconnect']);
    const call = kv.hget('t', 'k');
    await settled();
    server.connection.answerValue('v');
    expect(await call).toBe('v');
  });

  it('is tried to be made good until the server is back', async () => {
    await connected();
    server.up = false;
    const attempts: number[] = [];
    const fourth = new Promise<void>((resolve) => {
      kv.events.on('reconnecting', (attempt) => {
        attempts.push(attempt);
        if (attempt === 3) resolve();
      });
    });
    await cut();
    await fourth;
    server.up = true;
    await event('reconnect');
    expect(attempts).toEqual([0, 1, 2, 3]);
    expect(server.connections).toHaveLength(2);
  });

  it('is made good though every listener throws, which is a warning', async () => {
    await connected();
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => warn.mockRestore());
    const reconnect = event('reconnect');
    const thrown = (['disconnect', 'reconnecting', 'reconnect'] as const).map((name) => {
      const error = new Error(name);
      kv.events.on(name, () => {
        throw error;
      });
      return error;
    });
    server.connection.destroy();
    await reconnect;
    expect(warn.mock.calls).toEqual(thrown.map((error) => [error]));
    expect(server.connections).toHaveLength(2);
  });

  it('is not made good by a server that only accepts: attempts are counted on', async () => {
    await connected();
    const attempts: number[] = [];
    kv.events.on('reconnecting', (attempt) => attempts.push(attempt));
    for (let i = 0; i < 3; i++) {
      const reconnect = event('reconnect');
      await cut();
      await reconnect;
    }
    const call = kv.hget('t', 'k');
    await settled();
    server.connection.answerValue(null);
    await call;
    await cut();
    expect(attempts).toEqual([0, 1, 2, 0]);
  });

  it('lets calls wait for the next one, in their order', async () => {
    await connected();
    server.up = false;
    await cut();
    const calls = [kv.hset('t', 'k', 'a'), kv.hset('t', 'k', 'b')];
    server.up = true;
    await event('reconnect');
    await settled();
    const keys = server.connection.requests.map(({ requestData }) => requestData.value);
    expect(keys).toMatchObject([
      { pair: { value: { value: { value: 'a' } } } },
      { pair: { value: { value: { value: 'b' } } } },
    ]);
    server.connection.answerValue(null);
    server.connection.answerValue('a');
    expect(await Promise.all(calls)).toEqual([null, 'a']);
  });

  it('lets them wait no longer than they want, nor more than the limit', async () => {
    await connected({ maxPending: 1 });
    server.up = false;
    await cut();
    const call = kv.hget('t', 'k', { timeoutMs: 1 });
    await expect(kv.hget('t', 'k')).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    await expect(call).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'No answer within 1 ms: the command was never sent',
    });
    server.up = true;
    await event('reconnect');
    await settled();
    expect(server.connection.requests).toEqual([]);
  });

  it('counts no call towards the limit that has been given up', async () => {
    await connected({ maxPending: 1 });
    server.up = false;
    await cut();
    const controller = new AbortController();
    const givenUp = kv.hget('t', 'k', { signal: controller.signal });
    controller.abort();
    await expect(givenUp).rejects.toMatchObject({ code: 'CANCELLED' });
    const call = kv.hget('t', 'k');
    server.up = true;
    await event('reconnect');
    await settled();
    server.connection.answerValue('v');
    expect(await call).toBe('v');
  });

  it('takes nothing of a call that had not left yet: it goes to the next one', async () => {
    await connected();
    const { connection } = server;
    const answered = kv.hget('t', 'before');
    await settled();
    connection.answerValue(null);
    await answered;
    const call = kv.hset('t', 'k', 'v');
    connection.destroy();
    await event('reconnect');
    await settled();
    expect(connection.requests).toHaveLength(1);
    expect(server.connection.requests).toHaveLength(1);
    server.connection.answerValue(null);
    expect(await call).toBeNull();
  });

  it('takes nothing of however many of them', async () => {
    const many = 150_000;
    await connected({ maxPending: many });
    const outcomes = Promise.all(
      Array.from({ length: many }, () => kv.hget('t', 'k').catch(({ code }) => code)),
    );
    server.up = false;
    await cut();
    await kv.close();
    expect(new Set(await outcomes)).toEqual(new Set(['UNAVAILABLE']));
  });
});

describe('a call after whose sending the connection was lost', () => {
  it('is repeated if it only reads and may be', async () => {
    await connected();
    const call = kv.hget('t', 'k', { retryReads: true });
    await settled();
    await cut();
    await event('reconnect');
    await settled();
    expect(server.connection.requests).toHaveLength(1);
    server.connection.answerValue('v');
    expect(await call).toBe('v');
  });

  it('is never repeated if it writes, whatever it may', async () => {
    await connected({ retryReads: true });
    const calls = [
      kv.hset('t', 'k', 'v'),
      kv.hmset('t', [['k', 'v']]),
      kv.hdel('t', 'k'),
      kv.hmdel('t', ['k']),
    ];
    const outcomes = Promise.allSettled(calls);
    await settled();
    await cut();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ reason: { code: 'CONNECTION_LOST' } });
    }
    await event('reconnect');
    await settled();
    expect(server.connection.requests).toEqual([]);
  });

  it('is not repeated if it says so, though others are', async () => {
    await connected({ retryReads: true });
    const call = kv.hget('t', 'k', { retryReads: false });
    const failed = expect(call).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await settled();
    await cut();
    await failed;
  });
});

describe('a server that ends the connection', () => {
  it('is connected to again', async () => {
    await connected();
    const reconnect = event('reconnect');
    server.connection.push(null);
    await reconnect;
    expect(server.connections).toHaveLength(2);
  });
});

describe('an answer that cannot be decoded', () => {
  it('fails its own call and no other', async () => {
    await connected();
    const call = kv.hset('t', 'k', 'v');
    const failed = expect(call).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'The answer cannot be decoded: a write may have taken effect',
      cause: expect.any(Error),
    });
    const next = kv.hget('t', 'next');
    await settled();
    server.connection.push(Buffer.from('00000001ff', 'hex'));
    await failed;
    server.connection.answerValue('next');
    expect(await next).toBe('next');
    expect(server.connections).toHaveLength(1);
  });
});

describe('an answer beyond the limit', () => {
  const tooLong = Buffer.from('ffffffff', 'hex');

  it('fails its own call, and the connection with it', async () => {
    await connected();
    const calls = [kv.hset('t', 'k', 'v'), kv.hset('t', 'next', 'v')];
    const outcomes = Promise.allSettled(calls);
    await settled();
    server.connection.push(tooLong);
    const cause = { code: 'TOO_LARGE' };
    expect(await outcomes).toMatchObject([
      {
        reason: {
          code: 'TOO_LARGE',
          message:
            'The answer is longer than maxFrameBytes, or kv --max-frame, allows: a write may have taken effect',
          cause,
        },
      },
      { reason: { code: 'CONNECTION_LOST', cause } },
    ]);
  });

  it('is not asked for again: other reads are repeated', async () => {
    await connected({ retryReads: true });
    const failed = expect(kv.hget('t', 'long')).rejects.toMatchObject({ code: 'TOO_LARGE' });
    const next = kv.hget('t', 'next');
    await settled();
    server.connection.push(tooLong);
    await failed;
    await event('reconnect');
    await settled();
    expect(server.connection.requests.map(({ requestData }) => requestData.value)).toEqual([
      { table: 't', key: 'next' },
    ]);
    server.connection.answerValue('v');
    expect(await next).toBe('v');
  });
});

describe('an answer that nobody asked for', () => {
  it('ends the connection', async () => {
    await connected();
    const lost = new Promise((resolve) => kv.events.once('disconnect', resolve));
    server.connection.answerValue('v');
    expect(await lost).toMatchObject({ message: 'The server answered what nobody asked' });
  });

  it('is not taken for that of a call that has not left yet', async () => {
    await connected();
    await settled();
    const call = kv.hget('t', 'k');
    server.connection.answerValue('stray');
    await event('reconnect');
    await settled();
    server.connection.answerValue('v');
    expect(await call).toBe('v');
  });
});
