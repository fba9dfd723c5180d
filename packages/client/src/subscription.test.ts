import {
  type CommandMessage,
  type CommandResponse,
  errorResponse,
  KvError,
  okResponse,
  type Value,
  valueToMessage,
} from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, connect } from './client.js';
import type { Gap, Message, Subscription } from './index.js';
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

const pushed = (subscription: number, value: Value, topic = 'news'): CommandResponse => ({
  ...okResponse([valueToMessage(value)]),
  topic,
  subscription,
});

/** Subscribes, and has the server answer with this id. */
async function subscribed(
  id: bigint,
  ...args: Parameters<Client['subscribe']>
): Promise<Subscription> {
  const subscribing = kv.subscribe(...args);
  await settled();
  server.connection.answerValue(id);
  return subscribing;
}

const next = async (subscription: Subscription): Promise<Message | undefined> =>
  (await subscription[Symbol.asyncIterator]().next()).value;

/** What the server was asked, by the names of commands and, if they are about topics, these and their ids. */
function asked({ requests } = server.connection): unknown[] {
  return requests.map(({ requestData: { case: name, value } }) => {
    const { topic, id } = value as Partial<CommandMessage<'unsubscribe'>>;
    return [name, topic, id].filter((each) => each !== undefined);
  });
}

/** Cuts the connection, and waits until there is another. */
async function reconnected(): Promise<void> {
  const reconnect = new Promise<void>((resolve) => kv.events.once('reconnect', () => resolve()));
  server.connection.destroy();
  await reconnect;
  await settled();
}

describe('what is pushed', () => {
  it('may stand between any two answers, and is told from them', async () => {
    await connected();
    const subscription = await subscribed(1n, 'news');
    const calls = [kv.hget('t', 'a'), kv.hget('t', 'b')];
    await settled();
    const { connection } = server;
    connection.answer(pushed(1, '1'));
    connection.answerValue('a');
    connection.answer(pushed(1, '2'));
    connection.answer(pushed(1, '3'));
    connection.answerValue('b');
    expect(await Promise.all(calls)).toEqual(['a', 'b']);
    for (const value of ['1', '2', '3']) {
      expect(await next(subscription)).toEqual({ topic: 'news', values: [value] });
    }
  });

  it('goes to the subscription that it is for, though it comes with the answer', async () => {
    await connected();
    const subscribing = [kv.subscribe('news'), kv.subscribe({ pattern: 'chat.*' })];
    await settled();
    const { connection } = server;
    connection.answerValue(7n);
    connection.answer(pushed(7, 'rain'));
    connection.answerValue(9n);
    connection.answer(pushed(9, 'hi', 'chat.a'));
    const [news, chat] = (await Promise.all(subscribing)) as [Subscription, Subscription];
    expect([news.id, chat.id]).toEqual([7, 9]);
    expect(await next(chat)).toEqual({ topic: 'chat.a', values: ['hi'] });
    expect(await next(news)).toEqual({ topic: 'news', values: ['rain'] });
  });

  it('is dropped if its subscription has ended here', async () => {
    await connected();
    const subscription = await subscribed(1n, 'news');
    const unsubscribing = subscription.unsubscribe();
    await settled();
    server.connection.answer(pushed(1, 'late'));
    server.connection.answer(okResponse([]));
    await unsubscribing;
    server.connection.answer(pushed(1, 'later'));
    const call = kv.hget('t', 'k');
    await settled();
    server.connection.answerValue('v');
    expect(await call).toBe('v');
    expect(asked()).toEqual([['subscribe', 'news'], ['unsubscribe', 'news', 1], ['hget']]);
  });

  it('tells how many messages were dropped by the server', async () => {
    await connected();
    const gaps: Gap[] = [];
    const subscription = await subscribed(1n, 'news', { onGap: (gap) => void gaps.push(gap) });
    server.connection.answer({ ...pushed(1, 'rain'), missed: 3 });
    expect(await next(subscription)).toMatchObject({ values: ['rain'] });
    expect(gaps).toEqual([{ missed: 3 }]);
  });

  it('may be that the subscription has ended, and why', async () => {
    await connected();
    const subscription = await subscribed(1n, 'news');
    const slow = errorResponse(new KvError('TOO_MANY_REQUESTS', 'too slow'));
    server.connection.answer(pushed(1, 'rain'));
    server.connection.answer({ ...slow, subscription: 1 });
    expect(await next(subscription)).toMatchObject({ values: ['rain'] });
    await expect(next(subscription)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    await reconnected();
    expect(asked()).toEqual([]);
  });
});

describe('a subscription that is given up', () => {
  it('before it is in place is ended when it is', async () => {
    await connected();
    const controller = new AbortController();
    const subscribing = kv.subscribe('news', { signal: controller.signal });
    await settled();
    controller.abort();
    await expect(subscribing).rejects.toMatchObject({ code: 'CANCELLED' });
    server.connection.answerValue(4n);
    server.connection.answer(pushed(4, 'rain'));
    await settled();
    expect(asked()).toEqual([
      ['subscribe', 'news'],
      ['unsubscribe', 'news', 4],
    ]);
  });

  it('because it takes too long is ended when it is in place', async () => {
    await connected();
    const subscribing = kv.subscribe({ pattern: 'n*' }, { timeoutMs: 1 });
    await expect(subscribing).rejects.toMatchObject({ code: 'TIMEOUT' });
    server.connection.answerValue(4n);
    await settled();
    expect(asked().at(-1)).toEqual(['unsubscribe', 'n*', 4]);
  });

  it('is the server’s business no more, whatever it answers', async () => {
    await connected();
    const subscription = await subscribed(1n, 'news');
    const unsubscribing = subscription.unsubscribe();
    await settled();
    server.connection.answer(errorResponse(new KvError('NOT_FOUND', 'none')));
    await unsubscribing;
    expect(await next(subscription)).toBeUndefined();
  });

  it('by its client has nothing to tell the server', async () => {
    await connected();
    const subscription = await subscribed(1n, 'news');
    const { connection } = server;
    const waiting = next(subscription);
    await kv.close();
    expect(await waiting).toBeUndefined();
    expect(asked(connection)).toEqual([['subscribe', 'news']]);
  });
});

describe('after a lost connection', () => {
  it('a subscription is made anew, and told of the gap when it is in place', async () => {
    await connected();
    const log: unknown[] = [];
    const subscription = await subscribed(1n, 'news', { onGap: (gap) => void log.push(gap) });
    server.connection.answer(pushed(1, 'before'));
    await settled();
    await reconnected();
    expect([subscription.id, asked()]).toEqual([undefined, [['subscribe', 'news']]]);
    log.push(await next(subscription));
    const waiting = next(subscription).then((message) => log.push(message));
    await settled();
    expect(log).toHaveLength(1);
    server.connection.answerValue(5n);
    server.connection.answer(pushed(5, 'after'));
    await waiting;
    expect(subscription.id).toBe(5);
    expect(log).toEqual([
      { topic: 'news', values: ['before'] },
      { missed: undefined },
      { topic: 'news', values: ['after'] },
    ]);
  });

  it('subscriptions come before calls that have waited, which may publish', async () => {
    await connected();
    await subscribed(1n, 'news');
    await subscribed(2n, 'news');
    server.up = false;
    const disconnect = new Promise((resolve) => kv.events.once('disconnect', resolve));
    server.connection.destroy();
    await disconnect;
    const publishing = kv.publish('news', 'rain');
    server.up = true;
    await new Promise<void>((resolve) => kv.events.once('reconnect', () => resolve()));
    await settled();
    expect(asked()).toEqual([
      ['subscribe', 'news'],
      ['subscribe', 'news'],
      ['publish', 'news'],
    ]);
    for (const id of [1n, 2n]) server.connection.answerValue(id);
    server.connection.answer({ ...okResponse([]), delivered: 2 });
    expect(await publishing).toBe(2);
  });

  it('one that had not been answered is asked for once, with no gap', async () => {
    await connected();
    const gaps: Gap[] = [];
    const subscribing = kv.subscribe('news', { onGap: (gap) => void gaps.push(gap) });
    await settled();
    await reconnected();
    expect(asked()).toEqual([['subscribe', 'news']]);
    server.connection.answerValue(1n);
    server.connection.answer(pushed(1, 'rain'));
    expect(await next(await subscribing)).toMatchObject({ values: ['rain'] });
    expect(gaps).toEqual([]);
  });

  it('one that is lost again before it is in place is asked for once each time', async () => {
    await connected();
    const gaps: Gap[] = [];
    const subscription = await subscribed(1n, 'news', { onGap: (gap) => void gaps.push(gap) });
    for (let i = 0; i < 3; i++) {
      await reconnected();
      expect(asked()).toEqual([['subscribe', 'news']]);
    }
    server.connection.answerValue(2n);
    server.connection.answer(pushed(2, 'rain'));
    expect(await next(subscription)).toMatchObject({ values: ['rain'] });
    expect(gaps).toEqual([{ missed: undefined }]);
  });

  it('one that the server now refuses fails with that', async () => {
    await connected();
    const subscription = await subscribed(1n, 'news');
    await reconnected();
    server.connection.answer(errorResponse(new KvError('FORBIDDEN', 'not you')));
    await expect(next(subscription)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await reconnected();
    expect(asked()).toEqual([]);
  });

  it('one that is ended meanwhile is not made anew', async () => {
    await connected();
    const subscription = await subscribed(1n, 'news');
    server.up = false;
    const disconnect = new Promise((resolve) => kv.events.once('disconnect', resolve));
    server.connection.destroy();
    await disconnect;
    await subscription.unsubscribe();
    server.up = true;
    await new Promise<void>((resolve) => kv.events.once('reconnect', () => resolve()));
    await settled();
    expect(asked()).toEqual([]);
  });

  it('the end of one is never asked for on another connection, where its id is another’s', async () => {
    await connected();
    const [one, other] = [await subscribed(1n, 'news'), await subscribed(2n, 'news')];
    const unsubscribing = one.unsubscribe();
    await reconnected();
    await unsubscribing;
    expect(asked()).toEqual([['subscribe', 'news']]);
    server.connection.answerValue(1n);
    await settled();
    expect(other.id).toBe(1);
  });

  it('more of them than calls may wait are made anew', async () => {
    await connected({ maxPending: 2 });
    const all = [];
    for (const id of [1n, 2n, 3n, 4n]) all.push(await subscribed(id, 'news'));
    await reconnected();
    expect(asked()).toHaveLength(4);
    for (const id of [1n, 2n, 3n, 4n]) server.connection.answerValue(id);
    await settled();
    expect(all.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  });

  it('one that a silent server does not answer is asked for again over the next', async () => {
    await connected({ timeoutMs: 20 });
    const subscription = await subscribed(1n, 'news');
    await reconnected();
    // The server is left, as it owes an answer and says nothing.
    await new Promise<void>((resolve) => kv.events.once('reconnect', () => resolve()));
    await settled();
    expect(asked()).toEqual([['subscribe', 'news']]);
    server.connection.answerValue(3n);
    server.connection.answer(pushed(3, 'rain'));
    expect(await next(subscription)).toMatchObject({ values: ['rain'] });
  });
});
