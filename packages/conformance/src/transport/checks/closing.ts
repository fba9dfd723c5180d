import { expect } from 'vitest';
import { expectResponse, notFound, ok } from '../../command/expected-response.js';
import { hget, hset } from '../../command/requests.js';
import { eventually } from '../../eventually.js';
import { logSent } from '../hook-log.js';
import { ask, expectAnswers } from '../peers.js';
import type { TransportCheck } from '../transport-check.js';

const LARGE = 1024 * 1024;

/** The graceful close: nothing new, everything that is under way, and an end in any case. */
export const closingChecks: readonly TransportCheck[] = [
  {
    title: 'close ends idle connections and accepts no more',
    async run({ connect, transport, sessions }) {
      const peers = [await connect(), await connect()];
      for (const peer of peers) await ask(peer, hget('table', 'key'));
      await transport.close();
      await Promise.all(peers.map(({ closed }) => closed));
      expect(sessions()).toBe(0);
      await expect(connect()).rejects.toThrow();
    },
  },
  {
    title: 'close answers what is under way, then ends the connection',
    async run({ connect, transport, storage, sessions }) {
      const peer = await connect();
      const hold = storage.hold('slow');
      peer.send(...['slow', 'fast', 'last'].map((key) => hget('table', key)));
      await hold.reached;
      const closing = transport.close();
      await expect(connect()).rejects.toThrow();
      hold.release();
      await expectAnswers(peer, ...['slow', 'fast', 'last'].map((key) => notFound('table', key)));
      await expect(peer.receive()).rejects.toThrow();
      await peer.closed;
      await closing;
      expect(sessions()).toBe(0);
    },
  },
  {
    title: 'close waits until a slow reader has its answers',
    timeoutMs: 30_000,
    async run({ connect, transport, storage, engine }) {
      await storage.set('table', 'large', 'x'.repeat(LARGE));
      const peer = await connect();
      peer.pause();
      const requests = Array.from({ length: 8 }, () => hget('table', 'large'));
      peer.send(...requests);
      await eventually(() => expect(engine.stats().requests).toBeGreaterThan(0));
      const underWay = engine.stats().requests;
      const closing = transport.close();
      peer.resume();
      for (let i = 0; i < underWay; i++) {
        const { values } = await peer.receive();
        expect(values[0]?.value.value).toHaveLength(LARGE);
      }
      await peer.closed;
      await closing;
    },
  },
  {
    title: 'close cuts what is not done when the drain time is over',
    options: { drainMs: 20 },
    async run({ connect, transport, storage, engine, sessions }) {
      const sent = logSent(engine);
      const peer = await connect();
      const hold = storage.hold('never');
      peer.send(hset('table', 'never', 1n));
      const answer = expect(peer.receive()).rejects.toThrow();
      await hold.reached;
      await transport.close();
      await answer;
      await peer.closed;
      expect(sessions()).toBe(0);
      expect(sent).toStrictEqual([]);
      hold.release();
      await eventually(() => expect(sent).toHaveLength(1));
      expect(sent[0]).toMatchObject({ key: 'never', error: expect.any(Error) });
    },
  },
  {
    title: 'close cuts a peer that does not read when the drain time is over',
    options: { drainMs: 20 },
    timeoutMs: 30_000,
    async run({ connect, transport, storage, engine, sessions }) {
      await storage.set('table', 'large', 'x'.repeat(LARGE));
      const peer = await connect();
      peer.pause();
      peer.send(...Array.from({ length: 32 }, () => hget('table', 'large')));
      await eventually(() => expect(engine.stats().requests).toBeGreaterThan(0));
      await transport.close();
      expect(sessions()).toBe(0);
    },
  },
  {
    title: 'close may be called again, and leaves the engine open',
    async run({ connect, transport, engine }) {
      const peer = await connect();
      await ask(peer, hset('table', 'key', 1n));
      await Promise.all([transport.close(), transport.close()]);
      await transport.close();
      expectResponse(await engine.execute(hget('table', 'key')), ok(1n));
    },
  },
];
