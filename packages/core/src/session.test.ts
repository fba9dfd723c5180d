import {
  type Awaitable,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  errorResponse,
  KvError,
  okResponse,
  type Value,
  valueToMessage,
} from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import type { Send, Sent } from './answer-queue.js';
import { Engine } from './engine.js';
import type { Session } from './session.js';
import { MemoryStorage } from './storage/memory-storage.js';
import type { Storage } from './storage/storage.js';

const PEER = { transport: 'test', address: 'here' };

const get = (key: string): CommandRequest => commandRequest('hget', { table: 't', key });
const answer = (value: Value): CommandResponse => okResponse([valueToMessage(value)]);
const keyOf = ({ requestData }: CommandRequest): string | undefined =>
  requestData.case === 'hget' ? requestData.value.key : undefined;

/** One turn of the event loop, by which all that can happen has happened. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

function deferred<T = void>(): Deferred<T> {
  let resolve = (_: T): void => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

interface Setting {
  readonly engine: Engine;
  readonly session: Session;
  /** The keys whose reading has begun. */
  readonly begun: string[];
  /** The responses sent, in order, with what each send was given to call. */
  readonly sent: CommandResponse[];
  readonly callbacks: (Sent | undefined)[];
  readonly send: Send;
}

/** A session on a storage that answers reads so, or else at once with the key. */
function aSession(reads: Record<string, Promise<Value>> = {}): Setting {
  const begun: string[] = [];
  const read = (_: string, key: string): Awaitable<Value> => {
    begun.push(key);
    return reads[key] ?? key;
  };
  const storage: Storage = Object.assign(new MemoryStorage(), { get: read });
  const engine = new Engine({ storage });
  const sent: CommandResponse[] = [];
  const callbacks: (Sent | undefined)[] = [];
  const send: Send = (response, callback) => {
    sent.push(response);
    callbacks.push(callback);
  };
  return { engine, session: engine.openSession(PEER), begun, sent, callbacks, send };
}

describe('a session in which nothing has to be waited for', () => {
  it('gives a response at once, without a promise', () => {
    expect(aSession().session.execute(get('a'))).toEqual(answer('a'));
  });

  it('sends a response within the call that received the request', () => {
    const { session, sent, send } = aSession();
    session.receive(get('a'), send);
    expect(sent).toEqual([answer('a')]);
    session.refuse(new KvError('TOO_LARGE', 'too long'), send);
    expect(sent).toEqual([answer('a'), errorResponse(new KvError('TOO_LARGE', 'too long'))]);
    expect(session.pending).toBe(0);
  });

  it('does so with listeners too, if they return no promise', () => {
    const { engine, session, sent, send } = aSession();
    engine.hooks.on('requestReceived', () => {});
    engine.hooks.on('afterResponseSend', () => {});
    session.receive(get('a'), send);
    expect(sent).toEqual([answer('a')]);
    expect(session.execute(get('b'))).toEqual(answer('b'));
  });
});

describe('the order in which requests start', () => {
  it('is that in which they were received, behind one whose listeners are waited for', async () => {
    const { engine, session, begun, sent, send } = aSession();
    const waits = [deferred(), deferred()];
    const received: unknown[] = [];
    engine.hooks.on('requestReceived', ({ request }) => {
      received.push(keyOf(request));
      return waits[received.length - 1]?.promise;
    });
    for (const key of ['a', 'b']) session.receive(get(key), send);
    await turn();
    expect([received, begun]).toEqual([['a'], []]);
    waits[0]?.resolve();
    await turn();
    session.receive(get('c'), send);
    expect([received, begun]).toEqual([['a', 'b'], ['a']]);
    waits[1]?.resolve();
    await turn();
    expect([received, begun]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
    expect(sent).toEqual([answer('a'), answer('b'), answer('c')]);
  });

  it('holds for requests behind a listener that was removed meanwhile', async () => {
    const { engine, session, begun, send } = aSession();
    const wait = deferred();
    engine.hooks.once('requestReceived', () => wait.promise);
    for (const key of ['a', 'b']) session.receive(get(key), send);
    expect(engine.hooks.idle).toBe(true);
    expect(begun).toEqual([]);
    wait.resolve();
    await turn();
    expect(begun).toEqual(['a', 'b']);
  });

  it('holds back nothing once the waiting is over', async () => {
    const { engine, session, sent, send } = aSession();
    engine.hooks.once('requestReceived', () => Promise.resolve());
    session.receive(get('a'), send);
    await turn();
    session.receive(get('b'), send);
    expect(sent).toEqual([answer('a'), answer('b')]);
  });

  it('holds back nothing while only the storage is waited for', () => {
    const { engine, session, begun, send } = aSession({ a: new Promise(() => {}) });
    engine.hooks.on('requestReceived', () => {});
    for (const key of ['a', 'b']) session.receive(get(key), send);
    expect(begun).toEqual(['a', 'b']);
  });

  it('is no other because a listener has failed', async () => {
    const { engine, session, begun, sent, send } = aSession();
    engine.hooks.once('requestReceived', () => Promise.reject(new KvError('FORBIDDEN', 'no')));
    for (const key of ['a', 'b']) session.receive(get(key), send);
    await turn();
    expect(sent).toMatchObject([{ status: 403 }, { status: 200 }]);
    expect(begun).toEqual(['b']);
  });

  it('is of no concern to other sessions', () => {
    const { engine, session, send } = aSession();
    engine.hooks.once('requestReceived', () => new Promise(() => {}));
    session.receive(get('a'), send);
    const sent: CommandResponse[] = [];
    engine.openSession(PEER).receive(get('b'), (response) => void sent.push(response));
    expect(sent).toEqual([answer('b')]);
  });

  it('is of no concern to those executed, which start at once', async () => {
    const { engine, session, begun, sent, send } = aSession();
    const wait = deferred();
    engine.hooks.once('requestReceived', () => wait.promise);
    engine.hooks.once('requestReceived', () => wait.promise);
    const first = session.execute(get('a'));
    session.receive(get('b'), send);
    expect(session.execute(get('c'))).toEqual(answer('c'));
    session.receive(get('d'), send);
    expect(begun).toEqual(['c']);
    wait.resolve();
    expect(await first).toEqual(answer('a'));
    await turn();
    expect(sent).toEqual([answer('b'), answer('d')]);
  });
});

describe('a listener', () => {
  /** Whether a request is not one that the listener itself has made. */
  const outer = ({ requestData }: CommandRequest): boolean => requestData.case === 'hget';

  it('may use the client whose request it holds', async () => {
    const { engine } = aSession();
    const client = engine.client();
    engine.hooks.on('requestReceived', async ({ request }) => {
      if (outer(request)) await client.hset('counts', 'hget', 1n);
    });
    expect(await client.hget('t', 'a')).toBe('a');
    expect(await client.hgetall('counts')).toEqual(new Map([['hget', 1n]]));
  });

  it('may have the engine execute a request while it holds another', async () => {
    const { engine } = aSession();
    engine.hooks.on('requestReceived', async ({ request }) => {
      if (outer(request)) await engine.execute(commandRequest('hgetall', { table: 't' }));
    });
    expect(await engine.execute(get('a'))).toEqual(answer('a'));
  });

  it('is waited for by all calls of one client at the same time', async () => {
    const { engine } = aSession();
    const wait = deferred();
    let received = 0;
    engine.hooks.on('requestReceived', () => {
      received++;
      return wait.promise;
    });
    const client = engine.client();
    const calls = ['a', 'b', 'c'].map((key) => client.hget('t', key));
    expect(received).toBe(3);
    wait.resolve();
    expect(await Promise.all(calls)).toEqual(['a', 'b', 'c']);
  });
});

describe('the order of answers', () => {
  it('is that of the requests, for those received, whichever is ready first', async () => {
    const [a, c] = [deferred<Value>(), deferred<Value>()];
    const { session, sent, send } = aSession({ a: a.promise, c: c.promise });
    for (const key of ['a', 'b', 'c', 'd']) session.receive(get(key), send);
    c.resolve('c');
    await turn();
    expect([sent, session.pending]).toEqual([[], 4]);
    a.resolve('a');
    await turn();
    expect(sent).toEqual(['a', 'b', 'c', 'd'].map(answer));
    expect(session.pending).toBe(0);
  });

  it('lets each be sent as soon as those before it are', async () => {
    const [a, b] = [deferred<Value>(), deferred<Value>()];
    const { session, sent, send } = aSession({ a: a.promise, b: b.promise });
    for (const key of ['a', 'b', 'c']) session.receive(get(key), send);
    a.resolve('a');
    await turn();
    expect([sent, session.pending]).toEqual([[answer('a')], 2]);
    b.resolve('b');
    await turn();
    expect(sent).toEqual(['a', 'b', 'c'].map(answer));
  });

  it('is whichever is ready first, for those executed', async () => {
    const a = deferred<Value>();
    const { session } = aSession({ a: a.promise });
    const order: CommandResponse[] = [];
    const slow = Promise.resolve(session.execute(get('a'))).then((each) => order.push(each));
    const fast = Promise.resolve(session.execute(get('b'))).then((each) => order.push(each));
    await fast;
    a.resolve('a');
    await slow;
    expect(order).toEqual([answer('b'), answer('a')]);
  });

  it('brings each to the send that came with its request', async () => {
    const a = deferred<Value>();
    const { session } = aSession({ a: a.promise });
    const sent: unknown[] = [];
    for (const key of ['a', 'b', 'c']) {
      session.receive(get(key), (response) => sent.push([key, response]));
    }
    a.resolve('a');
    await turn();
    expect(sent).toEqual(['a', 'b', 'c'].map((key) => [key, answer(key)]));
  });

  it('holds for requests that are received while an answer is sent', async () => {
    const a = deferred<Value>();
    const { session, sent, send } = aSession({ a: a.promise });
    session.receive(get('a'), (...given) => {
      send(...given);
      session.receive(get('c'), send);
    });
    session.receive(get('b'), send);
    a.resolve('a');
    await turn();
    expect(sent).toEqual(['a', 'b', 'c'].map(answer));
  });
});

describe('what could not be read', () => {
  const refusal = new KvError('INVALID_COMMAND', 'unreadable');

  it('is answered in its turn', async () => {
    const a = deferred<Value>();
    const { session, sent, send } = aSession({ a: a.promise });
    session.receive(get('a'), send);
    session.refuse(refusal, send);
    session.receive(get('b'), send);
    await turn();
    expect(sent).toEqual([]);
    a.resolve('a');
    await turn();
    expect(sent).toEqual([answer('a'), errorResponse(refusal), answer('b')]);
  });

  it('passes the last two hook points, as an empty request', () => {
    const { engine, session, sent, callbacks, send } = aSession();
    const seen: unknown[] = [];
    engine.hooks.on('requestReceived', () => void seen.push('requestReceived'));
    engine.hooks.on('requestExecuted', () => void seen.push('requestExecuted'));
    engine.hooks.on('beforeResponseSend', (context) => {
      seen.push('beforeResponseSend', context.request);
      context.response = errorResponse(new KvError('TOO_LARGE', 'changed'));
    });
    engine.hooks.on('afterResponseSend', ({ response }) => void seen.push(response));
    session.refuse(refusal, send);
    callbacks[0]?.();
    expect(sent).toMatchObject([{ status: 413, message: 'changed' }]);
    expect(seen).toEqual(['beforeResponseSend', { requestData: { case: undefined } }, sent[0]]);
  });

  it('passes them in its turn, behind a request that has not started', async () => {
    const { engine, session, sent, send } = aSession();
    const wait = deferred();
    const seen: unknown[] = [];
    engine.hooks.once('requestReceived', () => wait.promise);
    engine.hooks.on('beforeResponseSend', ({ response }) => void seen.push(response.status));
    session.receive(get('a'), send);
    session.refuse(refusal, send);
    await turn();
    expect(seen).toEqual([]);
    wait.resolve();
    await turn();
    expect(seen).toEqual([200, 400]);
    expect(sent.map(({ status }) => status)).toEqual([200, 400]);
  });
});
