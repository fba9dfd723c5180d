import { expect } from 'vitest';
import { notFound, ok } from '../../command/expected-response.js';
import { hget, hset } from '../../command/requests.js';
import { keyOf } from '../hook-log.js';
import { ask, expectAnswers } from '../peers.js';
import type { TransportCheck } from '../transport-check.js';

const MANY = 500;
const numbers = Array.from({ length: MANY }, (_, i) => BigInt(i));

/** Requests start, and are answered, in the order in which they were sent. */
export const orderChecks: readonly TransportCheck[] = [
  {
    title: 'requests that come in one write are answered in their order',
    async run({ connect }) {
      const peer = await connect();
      peer.send(
        ...numbers.map((i) => hset('table', `key${i}`, i)),
        ...numbers.map((i) => hget('table', `key${i}`)),
      );
      await expectAnswers(peer, ...numbers.map(() => ok(null)), ...numbers.map((i) => ok(i)));
    },
  },
  {
    title: 'requests that come in a write each are answered in their order',
    async run({ connect }) {
      const peer = await connect();
      for (const i of numbers) peer.send(hset('table', 'key', i));
      const old = numbers.map((i) => ok(i === 0n ? null : i - 1n));
      await expectAnswers(peer, ...old);
    },
  },
  {
    title: 'a request sees what those before it on the connection wrote',
    async run({ connect }) {
      const peer = await connect();
      for (const i of numbers.slice(0, 20)) {
        peer.send(hset('table', 'key', i), hget('table', 'key'));
      }
      for (const i of numbers.slice(0, 20)) {
        await expectAnswers(peer, ok(i === 0n ? null : i - 1n), ok(i));
      }
    },
  },
  {
    title: 'answers that are ready late and out of order go out in the order of the requests',
    async run({ connect, storage }) {
      const peer = await connect();
      const holds = ['slow0', 'slow1', 'slow2'].map((key) => storage.hold(key));
      peer.send(
        hset('table', 'slow0', 0n),
        hset('table', 'fast0', 10n),
        hset('table', 'slow1', 1n),
        hset('table', 'slow2', 2n),
        hget('table', 'fast0'),
        hget('table', 'slow1'),
        hget('table', 'unknown'),
      );
      // Nothing is answered yet, and all three have been started all the same.
      await Promise.all(holds.map(({ reached }) => reached));
      for (const i of [2, 1, 0]) holds[i]?.release();
      await expectAnswers(
        peer,
        ...[ok(null), ok(null), ok(null), ok(null), ok(10n), ok(1n), notFound('table', 'unknown')],
      );
    },
  },
  {
    title: 'what is answered already does not wait for a later request',
    async run({ connect, storage }) {
      const peer = await connect();
      const hold = storage.hold('slow');
      peer.send(hset('table', 'fast', 1n), hget('table', 'fast'), hget('table', 'slow'));
      await expectAnswers(peer, ok(null), ok(1n));
      hold.release();
      await expectAnswers(peer, notFound('table', 'slow'));
    },
  },
  {
    title: 'a slow request holds up no other connection',
    async run({ connect, storage }) {
      const [peer, neighbour] = [await connect(), await connect()];
      const hold = storage.hold('slow');
      peer.send(hset('table', 'slow', 1n), hget('table', 'other'));
      await hold.reached;
      neighbour.send(hset('table', 'other', 2n), hget('table', 'other'));
      await expectAnswers(neighbour, ok(null), ok(2n));
      hold.release();
      await expectAnswers(peer, ok(null), notFound('table', 'other'));
    },
  },
  {
    title: 'a requestReceived listener that takes its time holds back the requests behind it',
    async run({ connect, engine }) {
      const [peer, neighbour] = [await connect(), await connect()];
      let open: () => void = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const executed: unknown[] = [];
      engine.hooks.on('requestReceived', ({ request }) =>
        keyOf(request) === 'first' ? gate : undefined,
      );
      engine.hooks.on('requestExecuted', ({ request }) => {
        executed.push(keyOf(request));
      });
      peer.send(hset('table', 'first', 1n), hset('table', 'second', 2n), hget('table', 'third'));
      try {
        // Of another connection, it does not wait; and by then the three have had their time to come.
        for (let i = 0; i < 20; i++) await ask(neighbour, hget('table', `neighbour${i}`));
        expect(executed).not.toContain('second');
      } finally {
        open();
      }
      await expectAnswers(peer, ok(null), ok(null), notFound('table', 'third'));
      const own = executed.filter((key) => !String(key).startsWith('neighbour'));
      expect(own).toStrictEqual(['first', 'second', 'third']);
    },
  },
];
