import {
  type CommandResponse,
  okResponse,
  type Position,
  pageResponse,
  positionToMessage,
  type Value,
  valueToMessage,
  type Watch,
} from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

const at = (sequence: number): Position => ({ epoch: 1, sequence });

/** What answers that a watch is in place. */
const inPlace = (id: bigint, position = at(0)): CommandResponse => ({
  ...okResponse([valueToMessage(id)]),
  position: positionToMessage(position),
});

/** A page of a table, which is not the last. */
const tablePage = (key: string, value: Value): CommandResponse => ({
  ...pageResponse([{ key, value: valueToMessage(value) }], Uint8Array.of(1)),
  position: positionToMessage(at(0)),
});

/** Watches, and has the server answer with this id. */
async function watched(id: bigint, ...args: Parameters<Client['watch']>): Promise<Watch> {
  const watching = kv.watch(...args);
  await settled();
  server.connection.answer(inPlace(id));
  return watching;
}

/** What comes next, or the code of what it fails with. */
const outcome = (watch: Watch): Promise<unknown> =>
  watch[Symbol.asyncIterator]()
    .next()
    .catch(({ code }) => code);

/** The names of the commands that the server was asked for. */
const asked = ({ requests } = server.connection): unknown[] =>
  requests.map(({ requestData }) => requestData.case);

/** Cuts the connection; there is no other. */
async function lost(): Promise<void> {
  const disconnect = new Promise((resolve) => kv.events.once('disconnect', resolve));
  server.up = false;
  server.connection.destroy();
  await disconnect;
}

/** Has the server back, and waits until there is a connection. */
async function reconnected(): Promise<void> {
  server.up = true;
  await new Promise<void>((resolve) => kv.events.once('reconnect', () => resolve()));
  await settled();
}

describe('a watch that is given up', () => {
  it.each([
    ['on a connection', async () => {}],
    ['during an outage', lost],
  ])('before it is in place fails at once, and is not asked for again: %s', async (_, happen) => {
    await connected();
    const { connection } = server;
    const controller = new AbortController();
    const watching = kv.watch('t', { signal: controller.signal });
    await settled();
    await happen();
    controller.abort();
    await expect(watching).rejects.toMatchObject({ code: 'CANCELLED' });
    if (server.up) {
      // It is in place when nobody wants it any more.
      connection.answer(inPlace(4n));
      await settled();
      expect(asked()).toEqual(['watch', 'unsubscribe']);
    } else {
      await reconnected();
      expect(asked()).toEqual([]);
    }
  });

  /** How a watch comes to wait for its server, which does not answer. */
  const WAITING: readonly (readonly [string, (signal: AbortSignal) => Promise<Watch>])[] = [
    ['while it copies the first page', (signal) => watched(1n, 't', { snapshot: true, signal })],
    [
      'while it copies a later page',
      async (signal) => {
        const watch = await watched(1n, 't', { snapshot: true, signal });
        const first = watch[Symbol.asyncIterator]().next();
        await settled();
        server.connection.answer(tablePage('k', 1n));
        expect((await first).value).toMatchObject({ kind: 'entry', key: 'k', value: 1n });
        return watch;
      },
    ],
    ['while it catches up', (signal) => watched(1n, 't', { after: at(0), signal })],
    ['while it waits for a change', (signal) => watched(1n, 't', { signal })],
  ];
  const ENDING: readonly (readonly [string, (watch: Watch, abort: () => void) => unknown])[] = [
    ['unsubscribe', (watch) => watch.unsubscribe()],
    ['return', (watch) => watch[Symbol.asyncIterator]().return?.()],
    ['its signal', (_, abort) => abort()],
  ];
  const BOTH = WAITING.flatMap(([when, wait]) =>
    ENDING.map(([how, end]) => [when, how, wait, end] as const),
  );

  it.each(BOTH)('ends in an outage, with nothing left: %s, by %s', async (_, how, wait, end) => {
    await connected();
    const controller = new AbortController();
    const watch = await wait(controller.signal);
    const next = outcome(watch);
    await settled();
    await lost();
    await end(watch, () => controller.abort());
    expect(await next).toEqual(how === 'its signal' ? 'CANCELLED' : { done: true });
    await reconnected();
    expect(asked()).toEqual([]);
  });

  it.each(BOTH)('ends before it is answered: %s, by %s', async (_, how, wait, end) => {
    await connected();
    const controller = new AbortController();
    const watch = await wait(controller.signal);
    const next = outcome(watch);
    await settled();
    void end(watch, () => controller.abort());
    expect(await next).toEqual(how === 'its signal' ? 'CANCELLED' : { done: true });
    await settled();
    expect(asked().at(-1)).toBe('unsubscribe');
  });

  it('ends when it is given up while its server is asked for it anew', async () => {
    await connected();
    const watch = await watched(1n, 't');
    const next = outcome(watch);
    await lost();
    await reconnected();
    expect(asked()).toEqual(['watch']);
    await watch.unsubscribe();
    expect(await next).toEqual({ done: true });
    server.connection.answer(inPlace(7n));
    await settled();
    expect(asked()).toEqual(['watch', 'unsubscribe']);
  });
});

describe('what watches read', () => {
  const MANY = 40;
  const AT_A_TIME = 16;

  /** Many watches that catch up, each of which waits for its first change. */
  async function catchingUp(): Promise<
    { readonly watch: Watch; readonly next: Promise<unknown> }[]
  > {
    const watches: Watch[] = [];
    for (let i = 0; i < MANY; i++) {
      watches.push(await watched(BigInt(i + 1), 't', { after: at(i) }));
    }
    const all = watches.map((watch) => ({ watch, next: outcome(watch) }));
    await settled();
    return all;
  }

  /** Of the requests so far, those for changes, by the sequence after which. */
  const read = (): number[] =>
    server.connection.requests.flatMap(({ requestData: { case: name, value } }) =>
      name === 'changes' ? [Number(value.after?.sequence)] : [],
    );

  /** Answers one of these requests. */
  function answerChange(sequence: number): void {
    const position = positionToMessage(at(sequence));
    const change = { position, key: 'k', cause: 'set', value: valueToMessage(1n), oldKnown: false };
    server.connection.answer({ ...okResponse([]), page: { changes: [change] }, position });
  }

  const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

  it('is a few pages at a time, in their turn, and takes nothing from the application’s calls', async () => {
    await connected({ maxPending: 2 });
    const all = await catchingUp();
    expect(read()).toEqual(upTo(AT_A_TIME));
    const calls = [kv.hget('t', 'a'), kv.hget('t', 'b')];
    await expect(kv.hget('t', 'c')).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    await settled();
    for (let i = 0; i < AT_A_TIME; i++) answerChange(i + 1);
    for (const value of ['a', 'b']) server.connection.answerValue(value);
    expect(await Promise.all(calls)).toEqual(['a', 'b']);
    for (let i = AT_A_TIME; i < MANY; i++) {
      await settled();
      answerChange(i + 1);
    }
    for (const [i, { next }] of all.entries()) {
      expect(await next).toMatchObject({ value: { position: at(i + 1) } });
    }
    expect(read()).toEqual(upTo(MANY));
  });

  it('is read over the next connection, a few at a time, and counts nothing in an outage', async () => {
    await connected({ maxPending: 2 });
    await catchingUp();
    await lost();
    const calls = [kv.hget('t', 'a')];
    await reconnected();
    expect(asked().slice(0, MANY)).toEqual(Array(MANY).fill('watch'));
    expect(read()).toEqual(upTo(AT_A_TIME));
    calls.push(kv.hget('t', 'b'));
    await expect(kv.hget('t', 'c')).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    await settled();
    for (let i = 0; i < MANY; i++) server.connection.answer(inPlace(BigInt(i + 1)));
    for (let i = 0; i < AT_A_TIME; i++) answerChange(i + 1);
    for (const value of ['a', 'b']) server.connection.answerValue(value);
    expect(await Promise.all(calls)).toEqual(['a', 'b']);
  });

  it('leaves its place to others when it is given up', async () => {
    await connected();
    const all = await catchingUp();
    // One that is asked for, and one that waits.
    for (const i of [3, AT_A_TIME]) void all[i]?.watch.unsubscribe();
    await settled();
    expect(read()).toEqual([...upTo(AT_A_TIME), AT_A_TIME + 1]);
    expect(await all[AT_A_TIME]?.next).toEqual({ done: true });
  });
});
