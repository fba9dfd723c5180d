import {
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  KvError,
  okResponse,
  type Value,
  valueToMessage,
} from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import type { Send, Sent } from './answer-queue.js';
import { Engine } from './engine.js';
import { HookBus } from './hooks/hook-bus.js';
import type { AfterResponseSendContext } from './hooks/hook-events.js';
import { DEFAULT_LIMITS } from './limits.js';
import { Session } from './session.js';
import { MemoryStorage } from './storage/memory-storage.js';
import type { Storage } from './storage/storage.js';
import { Tally } from './tally.js';

const PEER = { transport: 'test', address: 'here' };

const get = (key: string): CommandRequest => commandRequest('hget', { table: 't', key });

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Keeps what a session sends, and what it gives to call when that is with the kernel. */
function outbox(): { send: Send; sent: CommandResponse[]; callbacks: (Sent | undefined)[] } {
  const sent: CommandResponse[] = [];
  const callbacks: (Sent | undefined)[] = [];
  const send: Send = (response, callback) => {
    sent.push(response);
    callbacks.push(callback);
  };
  return { send, sent, callbacks };
}

/** An engine on a storage whose reads all wait for one answer. */
function slowEngine(): { engine: Engine; storage: MemoryStorage; answer(value: Value): void } {
  let answer = (_: Value): void => {};
  const read = new Promise<Value>((resolve) => {
    answer = resolve;
  });
  const storage = new MemoryStorage();
  const slow: Storage = Object.assign(storage, { get: () => read });
  return { engine: new Engine({ storage: slow }), storage, answer };
}

describe('afterResponseSend', () => {
  it('fires once per request, in order, when a transport says that the response is sent', () => {
    const engine = new Engine();
    const session = engine.openSession(PEER);
    const { send, callbacks } = outbox();
    const heard: string[] = [];
    engine.hooks.on('afterResponseSend', ({ request: { requestData } }) => {
      if (requestData.case === 'hget') heard.push(requestData.value.key);
    });
    for (const key of ['a', 'b', 'c']) session.receive(get(key), send);
    expect(heard).toEqual([]);
    for (const sent of callbacks) sent?.();
    expect(heard).toEqual(['a', 'b', 'c']);
  });

  it.each([undefined, new Error('the peer is gone')])('hears why it was not: %s', (reason) => {
    const engine = new Engine();
    const { send, callbacks } = outbox();
    const heard: AfterResponseSendContext['error'][] = [];
    engine.hooks.on('afterResponseSend', ({ error }) => void heard.push(error));
    engine.openSession(PEER).receive(get('a'), send);
    callbacks[0]?.(reason);
    expect(heard).toEqual([reason]);
  });

  it('fires before the call returns to those who execute', async () => {
    const engine = new Engine();
    const log: string[] = [];
    engine.hooks.on('afterResponseSend', async () => {
      await turn();
      log.push('heard');
    });
    await engine.openSession(PEER).execute(get('a'));
    log.push('returned');
    expect(log).toEqual(['heard', 'returned']);
  });

  it('costs a transport no callback when nobody listens to it', () => {
    const engine = new Engine();
    engine.hooks.on('beforeResponseSend', () => {});
    const { send, callbacks } = outbox();
    engine.openSession(PEER).receive(get('a'), send);
    expect(callbacks).toEqual([undefined]);
  });
});

describe('what hooks keep for a peer', () => {
  it('is there for every request of a session, and for no other session', () => {
    const engine = new Engine();
    const counts: unknown[] = [];
    engine.hooks.on('requestReceived', ({ state }) => {
      const count = Number(state.get('count') ?? 0) + 1;
      state.set('count', count);
      counts.push(count);
    });
    const [one, other] = [engine.openSession(PEER), engine.openSession(PEER)];
    one.execute(get('a'));
    one.execute(get('b'));
    other.execute(get('c'));
    expect(counts).toEqual([1, 2, 1]);
    expect([one.state.get('count'), other.state.get('count')]).toEqual([2, 1]);
  });
});

describe.each([
  ['session', 'The session is closed'],
  ['engine', 'The engine is closed'],
])('once the %s is closed, a session', (which, message) => {
  function closed(): { engine: Engine; execute(): unknown; seen: string[] } {
    const engine = new Engine();
    const seen: string[] = [];
    engine.hooks.on('requestReceived', () => void seen.push('requestReceived'));
    engine.hooks.on('beforeResponseSend', () => void seen.push('beforeResponseSend'));
    engine.hooks.on('afterResponseSend', () => void seen.push('afterResponseSend'));
    const session = engine.openSession(PEER);
    if (which === 'engine') void engine.close();
    else session.close();
    return { engine, execute: () => session.execute(get('a')), seen };
  }

  it('answers 503, past all hooks, and counts nothing', () => {
    const { engine, execute, seen } = closed();
    expect(execute()).toEqual({ status: 503, message, values: [], pairs: [] });
    expect(seen).toEqual([]);
    expect(engine.stats()).toMatchObject({ requests: 0, inFlight: 0, statuses: {} });
  });

  it('still answers what was under way, and in order', async () => {
    const { engine, answer } = slowEngine();
    const session = engine.openSession(PEER);
    const { send, sent } = outbox();
    session.receive(get('a'), send);
    const end = which === 'engine' ? engine.close() : session.close();
    session.receive(get('b'), send);
    session.refuse(new KvError('TOO_LARGE', 'too long'), send);
    expect(sent).toEqual([]);
    answer('v');
    await end;
    await turn();
    expect(sent.map(({ status }) => status)).toEqual([200, 503, 503]);
    expect(sent[0]).toEqual(okResponse([valueToMessage('v')]));
  });
});

describe('closing a session', () => {
  it('tells whoever opened it, once however often it is closed', () => {
    const told: Session[] = [];
    const context = {
      hooks: new HookBus(),
      command: { storage: new MemoryStorage(), limits: DEFAULT_LIMITS },
      onError: () => {},
      tally: new Tally(),
      lane: undefined,
      maxResponseBytes: 1_000,
      refusal: () => undefined,
    };
    const session = new Session(context, PEER, (closed) => told.push(closed));
    session.close();
    session.close();
    expect(told).toEqual([session]);
  });

  it('takes it off the figures, and leaves others open', () => {
    const engine = new Engine();
    const [one, other] = [engine.openSession(PEER), engine.openSession(PEER)];
    one.close();
    expect(engine.stats().sessions).toEqual({ test: 1 });
    expect(other.execute(get('a'))).toMatchObject({ status: 404 });
  });
});
