import {
  errorResponse,
  KvError,
  okResponse,
  positionToMessage,
  type Subscription,
  valueToMessage,
} from '@kv/protocol';
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

  it('is left though a watch still waits to read on, which it asks of the next', async () => {
    await connected({ timeoutMs: 100 });
    const position = positionToMessage({ epoch: 1, sequence: 0 });
    const watching = kv.watch('t', { after: { epoch: 1, sequence: 0 } });
    await settled();
    server.connection.answer({ ...okResponse([valueToMessage(1n)]), position });
    const next = (await watching)[Symbol.asyncIterator]().next();
    await settled();
    const call = outcome();
    await pass(100);
    expect(await call).toMatchObject({ code: 'TIMEOUT' });
    await pass(1);
    expect(server.connections).toHaveLength(2);
    server.connection.answer({ ...okResponse([valueToMessage(1n)]), position });
    const change = { key: 'k', cause: 'set', value: valueToMessage('v'), oldKnown: false };
    const page = { changes: [{ ...change, position: { epoch: 1n, sequence: 1n } }] };
    server.connection.answer({ ...okResponse([]), page, position: { epoch: 1n, sequence: 1n } });
    expect(await next).toMatchObject({ value: { key: 'k', value: 'v' } });
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

describe('a subscription that is asked for again, by a client whose calls have 100 ms', () => {
  let subscriptions: Subscription[];
  /** What they come to: a message, or an error. */
  let outcomes: Promise<unknown>[];
  beforeEach(async () => {
    await connected({ timeoutMs: 100 });
    const subscribing = [kv.subscribe('one'), kv.subscribe('other')];
    await settled();
    for (const id of [1n, 2n]) server.connection.answerValue(id);
    subscriptions = await Promise.all(subscribing);
    server.connection.destroy();
    await settled();
    await pass(1);
    outcomes = subscriptions.map((each) =>
      each[Symbol.asyncIterator]()
        .next()
        .then(
          ({ value }) => value,
          (error) => error,
        ),
    );
    expect(asked()).toEqual(['one', 'other']);
  });

  /** The topics that the server was asked for over its latest connection, and `end` for each end. */
  const asked = (): string[] =>
    server.connection.requests.map(({ requestData: { case: name, value } }) =>
      name === 'subscribe' ? value.topic : 'end',
    );

  const push = (subscription: number, topic: string): void =>
    server.connection.answer({ ...okResponse([valueToMessage('v')]), topic, subscription });

  /** Lets the time of a call pass, in which the server speaks and does not answer. */
  async function slowly(): Promise<void> {
    await pass(50);
    push(99, 'nobody’s');
    await pass(100);
  }

  it('is in place as soon as a slow server answers', async () => {
    await slowly();
    for (const id of [1n, 2n]) server.connection.answerValue(id);
    push(1, 'one');
    push(2, 'other');
    expect(await Promise.all(outcomes)).toMatchObject([{ topic: 'one' }, { topic: 'other' }]);
  });

  it('ends with what a slow server refuses it with', async () => {
    await slowly();
    for (const why of ['not you', 'nor you']) {
      server.connection.answer(errorResponse(new KvError('FORBIDDEN', why)));
    }
    expect(await Promise.all(outcomes)).toMatchObject([
      { code: 'FORBIDDEN', message: 'not you' },
      { code: 'FORBIDDEN', message: 'nor you' },
    ]);
  });

  it('is asked for over the next connection, if the server has answered others and is silent since', async () => {
    await pass(50);
    server.connection.answerValue(1n);
    await pass(150);
    await pass(1);
    expect(server.connections).toHaveLength(3);
    expect(asked()).toEqual(['one', 'other']);
    for (const id of [1n, 2n]) server.connection.answerValue(id);
    push(2, 'other');
    expect(await outcomes[1]).toMatchObject({ topic: 'other' });
  });

  it('ends with TIMEOUT, if the server speaks and does not answer', async () => {
    server.connection.answerValue(1n);
    await pass(150);
    push(1, 'one');
    await pass(50);
    expect(await outcomes[1]).toMatchObject({ code: 'TIMEOUT' });
    expect(server.connections).toHaveLength(2);
    // When it is in place after all, nobody wants it.
    server.connection.answerValue(2n);
    await settled();
    expect(asked()).toEqual(['one', 'other', 'end']);
    expect(subscriptions.map(({ id }) => id)).toEqual([1, undefined]);
  });

  it.each([
    ['cannot be decoded', () => server.connection.push(Buffer.from('00000001ff', 'hex'))],
    ['has no id', () => server.connection.answerValue('v')],
  ])('ends if the answer %s', async (_, answer) => {
    answer();
    expect(await outcomes[0]).toMatchObject({ code: 'INTERNAL' });
  });
});
