import { expect } from 'vitest';
import { notFound, ok } from '../../command/expected-response.js';
import { hget, hset } from '../../command/requests.js';
import { eventually } from '../../eventually.js';
import { ask, expectAnswers } from '../peers.js';
import type { TransportCheck } from '../transport-check.js';

/** Peers come and go, politely or not. */
export const disconnectChecks: readonly TransportCheck[] = [
  {
    title: 'each connection is a session of its own, from its beginning to its end',
    async run({ connect, sessions }) {
      expect(sessions()).toBe(0);
      const [one, two] = [await connect(), await connect()];
      await Promise.all([one, two].map((peer) => ask(peer, hget('table', 'key'))));
      expect(sessions()).toBe(2);
      one.cut();
      await eventually(() => expect(sessions()).toBe(1));
      two.cut();
      await eventually(() => expect(sessions()).toBe(0));
    },
  },
  {
    title: 'everything asked before a half-close is answered, then the server ends',
    needs: 'halfClose',
    async run({ connect, sessions }) {
      const peer = await connect();
      const keys = Array.from({ length: 500 }, (_, i) => `key${i}`);
      peer.send(...keys.map((key) => hget('table', key)));
      peer.end();
      await expectAnswers(peer, ...keys.map((key) => notFound('table', key)));
      await peer.closed;
      await expect(peer.receive()).rejects.toThrow();
      await eventually(() => expect(sessions()).toBe(0));
    },
  },
  {
    title: 'so is what is more than the peer takes at once, though it takes nothing for a while',
    needs: 'halfClose',
    timeoutMs: 30_000,
    async run({ connect, engine, storage, sessions }) {
      const value = 'x'.repeat(16 * 1024);
      storage.set('table', 'large', value);
      const peer = await connect();
      peer.pause();
      const asked = Array.from({ length: 2000 }, () => hget('table', 'large'));
      peer.send(...asked);
      peer.end();
      await eventually(() => expect(engine.stats().commands.hget).toBeGreaterThan(0));
      peer.resume();
      for (const _ of asked) expect((await peer.receive()).values[0]?.value.value).toBe(value);
      await peer.closed;
      await eventually(() => expect(sessions()).toBe(0));
    },
  },
  {
    title: 'what is answered late is answered after a half-close, too',
    needs: 'halfClose',
    async run({ connect, storage, sessions }) {
      const [peer, neighbour] = [await connect(), await connect()];
      const hold = storage.hold('slow');
      peer.send(hset('table', 'slow', 1n), hget('table', 'fast'));
      peer.end();
      await hold.reached;
      for (let i = 0; i < 20; i++) await ask(neighbour, hget('table', 'key'));
      hold.release();
      await expectAnswers(peer, ok(null), notFound('table', 'fast'));
      await peer.closed;
      await eventually(() => expect(sessions()).toBe(1));
    },
  },
  {
    title: 'a peer that half-closes without having asked is let go',
    needs: 'halfClose',
    async run({ connect, sessions }) {
      const peer = await connect();
      peer.end();
      await peer.closed;
      await eventually(() => expect(sessions()).toBe(0));
    },
  },
  {
    title: 'a peer that is cut with requests under way is forgotten, and its neighbours are not',
    async run({ connect, engine, storage, sessions }) {
      const neighbour = await connect();
      await ask(neighbour, hset('table', 'key', 1n));
      expect(sessions()).toBe(1);
      const hold = storage.hold('slow');
      const peers = await Promise.all([connect(), connect(), connect()]);
      for (const peer of peers) peer.send(hget('table', 'slow'), hset('table', 'key', 2n));
      await eventually(() => expect(engine.stats().commands.hset).toBe(1 + peers.length));
      for (const peer of peers) peer.cut();
      await Promise.all(peers.map(({ closed }) => closed));
      neighbour.send(hset('table', 'key', 3n));
      await expectAnswers(neighbour, ok(2n));
      hold.release();
      await eventually(() => expect(sessions()).toBe(1));
      await eventually(() => expect(engine.stats().inFlight).toBe(0));
      neighbour.send(hget('table', 'slow'), hset('table', 'key', 4n));
      await expectAnswers(neighbour, notFound('table', 'slow'), ok(3n));
    },
  },
  {
    title: 'a peer that is cut is forgotten while its requests are still under way',
    needs: 'reset',
    async run({ connect, storage, sessions }) {
      const peer = await connect();
      const hold = storage.hold('slow');
      peer.send(hget('table', 'slow'));
      await hold.reached;
      expect(sessions()).toBe(1);
      peer.cut();
      await eventually(() => expect(sessions()).toBe(0));
    },
  },
  {
    title: 'a peer that is cut has lost its answers, and may come again',
    async run({ connect, storage }) {
      const peer = await connect();
      const hold = storage.hold('slow');
      peer.send(hset('table', 'slow', 1n));
      const answer = expect(peer.receive()).rejects.toThrow();
      await hold.reached;
      peer.cut();
      await answer;
      await peer.closed;
      hold.release();
      const again = await connect();
      again.send(hget('table', 'slow'));
      await expectAnswers(again, ok(1n));
    },
  },
];
