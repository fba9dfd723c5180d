import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Client, connect } from './client.js';
import type { ClientOptions } from './options.js';
import { ScriptedServer, settled } from './testing/scripted-server.js';

let server: ScriptedServer;
let kv: Client;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  server = new ScriptedServer();
});
afterEach(async () => {
  for (const connection of server.connections) connection.destroy();
  await kv.close();
  vi.useRealTimers();
});

async function connected(options: ClientOptions): Promise<void> {
  kv = await connect(server.target, { maxReconnectDelayMs: 1, ...options });
}

/** Lets time pass, and all that has been scheduled happen. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await settled();
}

/** Makes a call, of which nothing but its outcome is of interest. */
const outcome = (timeoutMs?: number): Promise<unknown> =>
  kv.hget('t', 'k', { timeoutMs }).catch((error: unknown) => error);

describe('a server that is silent', () => {
  it('is left once it has owed an answer for the time of a call, and connected to again', async () => {
    await connected({ timeoutMs: 100 });
    const disconnect = new Promise((resolve) => kv.events.once('disconnect', resolve));
    const calls = [outcome(), outcome(1000)];
    await pass(99);
    expect(server.connection.destroyed).toBe(false);
    await pass(1);
    const cause = { code: 'UNAVAILABLE', message: 'The server was silent for 100 ms and more' };
    expect(await Promise.all(calls)).toMatchObject([
      { code: 'TIMEOUT' },
      { code: 'CONNECTION_LOST', cause },
    ]);
    expect(await disconnect).toMatchObject(cause);
    await pass(1);
    expect(server.connections).toHaveLength(2);
  });

  it('keeps no places of calls it never answered', async () => {
    await connected({ timeoutMs: 100, maxPending: 2 });
    const calls = [outcome(), outcome()];
    await pass(100);
    expect(await Promise.all(calls)).toMatchObject([{ code: 'TIMEOUT' }, { code: 'TIMEOUT' }]);
    const call = outcome();
    await pass(1);
    server.connection.answerValue('v');
    expect(await call).toBe('v');
  });

  it('is left after ten seconds, however long calls wait by default', async () => {
    await connected({ timeoutMs: Number.POSITIVE_INFINITY });
    outcome(9999);
    await pass(9999);
    expect(server.connection.destroyed).toBe(false);
    outcome(1);
    await pass(1);
    expect(server.connection.destroyed).toBe(true);
  });
});

describe('a server that is not silent', () => {
  it('is kept if it has said anything, be it a part of an answer', async () => {
    await connected({ timeoutMs: 100 });
    const call = outcome();
    await pass(50);
    server.connection.push(Buffer.of(0));
    await pass(50);
    expect(await call).toMatchObject({ code: 'TIMEOUT' });
    expect(server.connection.destroyed).toBe(false);
  });

  it('is kept though it owed nothing for long', async () => {
    await connected({ timeoutMs: 100 });
    await pass(1000);
    const call = outcome(1);
    await pass(1);
    expect(await call).toMatchObject({ code: 'TIMEOUT' });
    expect(server.connection.destroyed).toBe(false);
  });

  it('is kept if only calls with little time went without an answer', async () => {
    await connected({ timeoutMs: 100 });
    const call = outcome(1);
    await pass(99);
    outcome(1);
    await settled();
    server.connection.answerValue('late');
    await pass(1);
    expect(await call).toMatchObject({ code: 'TIMEOUT' });
    expect(server.connection.destroyed).toBe(false);
  });

  it('is kept while the caller of the answer that is due waits', async () => {
    await connected({ timeoutMs: 100 });
    const patient = outcome(1000);
    const call = outcome();
    await pass(500);
    expect(await call).toMatchObject({ code: 'TIMEOUT' });
    server.connection.answerValue('patient');
    expect(await patient).toBe('patient');
  });
});
