import { expect } from 'vitest';
import { notFound, ok } from '../../command/expected-response.js';
import { hget, hset } from '../../command/requests.js';
import { eventually } from '../../eventually.js';
import { logHooks, logSent } from '../hook-log.js';
import { ask, expectAnswers } from '../peers.js';
import type { TransportCheck } from '../transport-check.js';

const IN_ORDER = ['requestReceived', 'requestExecuted', 'beforeResponseSend', 'afterResponseSend'];

/** Every request passes the four hook points, and they see who asks. */
export const hookChecks: readonly TransportCheck[] = [
  {
    title: 'a request passes all four hook points, in their order',
    async run({ connect, engine }) {
      const calls = logHooks(engine);
      const peer = await connect();
      await ask(peer, hget('table', 'key'));
      await eventually(() => expect(calls).toHaveLength(4));
      expect(calls.map(({ name }) => name)).toStrictEqual(IN_ORDER);
      expect(calls.map(({ key }) => key)).toStrictEqual(Array(4).fill('key'));
    },
  },
  {
    title: 'each of many requests passes each hook point once, in the order of the requests',
    async run({ connect, engine, storage }) {
      const calls = logHooks(engine);
      const peer = await connect();
      const hold = storage.hold('key10');
      const keys = Array.from({ length: 50 }, (_, i) => `key${i}`);
      peer.send(...keys.map((key) => hget('table', key)));
      await hold.reached;
      hold.release();
      await expectAnswers(peer, ...keys.map((key) => notFound('table', key)));
      await ask(peer, hget('table', 'last'));
      await eventually(() => expect(calls).toHaveLength(4 * 51));
      const keysAt = (point: string) =>
        calls.filter(({ name }) => name === point).map(({ key }) => key);
      expect(keysAt('requestReceived')).toStrictEqual([...keys, 'last']);
      expect(keysAt('afterResponseSend')).toStrictEqual([...keys, 'last']);
      // In between, one that takes its time may be overtaken.
      expect(keysAt('requestExecuted').sort()).toStrictEqual([...keys, 'last'].sort());
      expect(keysAt('beforeResponseSend').sort()).toStrictEqual([...keys, 'last'].sort());
    },
  },
  {
    title: 'hooks see the transport and the address of the peer, the same at all four points',
    async run({ connect, engine, transportName }) {
      const calls = logHooks(engine);
      const peer = await connect();
      await ask(peer, hget('table', 'key'));
      await ask(peer, hget('table', 'key'));
      await eventually(() => expect(calls).toHaveLength(8));
      const [first] = calls;
      expect(first?.context.peer.transport).toBe(transportName);
      expect(first?.context.peer.address).toMatch(/./);
      for (const { context } of calls) expect(context.peer).toStrictEqual(first?.context.peer);
    },
  },
  {
    title: 'state is one for all requests of a connection, and another for another',
    async run({ connect, engine }) {
      engine.hooks.on('requestReceived', ({ state }) => {
        state.set('count', Number(state.get('count') ?? 0) + 1);
      });
      engine.hooks.on('beforeResponseSend', (context) => {
        const count = BigInt(Number(context.state.get('count')));
        context.response = { ...context.response, message: `request ${count}` };
      });
      const [one, two] = [await connect(), await connect()];
      const messages = [];
      for (const peer of [one, one, two, one, two]) {
        messages.push((await ask(peer, hset('table', 'key', 1n))).message);
      }
      expect(messages).toStrictEqual([1, 2, 1, 3, 2].map((count) => `request ${count}`));
    },
  },
  {
    title: 'afterResponseSend has no error and a duration when the answer was written',
    async run({ connect, engine }) {
      const sent = logSent(engine);
      const peer = await connect();
      peer.send(hset('table', 'key', 1n), hget('table', 'key'), hget('table', 'unknown'));
      await expectAnswers(peer, ok(null), ok(1n), notFound('table', 'unknown'));
      await eventually(() => expect(sent).toHaveLength(3));
      expect(sent.map(({ status }) => status)).toStrictEqual([200, 200, 404]);
      for (const { error, durationMs } of sent) {
        expect(error).toBeUndefined();
        expect(durationMs).toBeGreaterThanOrEqual(0);
      }
    },
  },
  {
    title: 'afterResponseSend has an error when the peer is gone, once per request, in their order',
    async run({ connect, engine, storage }) {
      const sent = logSent(engine);
      const [peer, neighbour] = [await connect(), await connect()];
      await ask(neighbour, hget('table', 'before'));
      const holds = ['slow', 'slower'].map((key) => storage.hold(key));
      peer.send(...['slower', 'fast', 'slow', 'last'].map((key) => hget('table', key)));
      await Promise.all(holds.map(({ reached }) => reached));
      peer.cut();
      await peer.closed;
      for (const hold of holds) hold.release();
      await eventually(() => expect(sent).toHaveLength(5));
      await ask(neighbour, hget('table', 'after'));
      await eventually(() => expect(sent.at(-1)?.key).toBe('after'));
      const keys = ['before', 'slower', 'fast', 'slow', 'last', 'after'];
      expect(sent.map(({ key }) => key)).toStrictEqual(keys);
      expect(sent.map(({ error }) => error instanceof Error)).toStrictEqual([
        ...[false, true, true, true, true, false],
      ]);
    },
  },
];
