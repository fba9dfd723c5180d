import type { Engine } from '@kv/core';
import { expect } from 'vitest';
import { ok } from '../../command/expected-response.js';
import { hexist, hget } from '../../command/requests.js';
import { eventually } from '../../eventually.js';
import { expectAnswers } from '../peers.js';
import type { TransportCheck } from '../transport-check.js';
import type { TransportPeer } from '../transport-under-test.js';

const REQUESTS = 512;
const VALUE_BYTES = 256 * 1024;
const KEYS = 4;
/** So many answers to a neighbour, without a further request of the peer, and it has been stopped. */
const QUIET_ANSWERS = 20;

/**
 * The most that answers to a peer that reads nothing may come to: what kernels keep in their buffers, and
 * several times what a transport should keep besides.
 */
const MOST_BYTES = 32 * 1024 * 1024;

/** A peer that does not read costs the server little, and its neighbours nothing. */
export const backpressureChecks: readonly TransportCheck[] = [
  {
    title: 'of a peer that asks and never reads, no more is executed than fits the buffers',
    timeoutMs: 30_000,
    async run({ connect, engine, storage }) {
      for (let i = 0; i < KEYS; i++) {
        await storage.set('table', `large${i}`, new Uint8Array(VALUE_BYTES).fill(i));
      }
      const [peer, neighbour] = [await connect(), await connect()];
      peer.pause();
      peer.send(...numbers.map((i) => hget('table', `large${i % KEYS}`)));
      await expectStopped(engine, neighbour);
      expect(executed(engine) * VALUE_BYTES).toBeLessThan(MOST_BYTES);
      peer.resume();
      for (const i of numbers) expect(await firstByteOfNext(peer), `answer ${i}`).toBe(i % KEYS);
      expect(executed(engine)).toBe(REQUESTS);
    },
  },
  {
    title: 'nor is it where every answer takes its time: requests under way are bounded',
    timeoutMs: 30_000,
    async run({ connect, engine, storage }) {
      for (let i = 0; i < KEYS; i++) {
        storage.set('table', `large${i}`, new Uint8Array(VALUE_BYTES).fill(i));
      }
      engine.hooks.on('beforeResponseSend', () => Promise.resolve());
      const [peer, neighbour] = [await connect(), await connect()];
      peer.pause();
      peer.send(...numbers.map((i) => hget('table', `large${i % KEYS}`)));
      await expectStopped(engine, neighbour);
      peer.resume();
      for (const i of numbers) expect(await firstByteOfNext(peer), `answer ${i}`).toBe(i % KEYS);
    },
  },
  {
    title: 'a peer that asks, never reads and is cut is forgotten',
    timeoutMs: 30_000,
    async run({ connect, engine, storage, sessions }) {
      await storage.set('table', 'large', new Uint8Array(VALUE_BYTES));
      const [peer, neighbour] = [await connect(), await connect()];
      peer.pause();
      peer.send(...numbers.map(() => hget('table', 'large')));
      await expectStopped(engine, neighbour);
      peer.cut();
      await eventually(() => expect(sessions()).toBe(1));
      await eventually(() => expect(engine.stats().inFlight).toBe(0));
      await expectNeighbourServed(neighbour);
    },
  },
];

const numbers = Array.from({ length: REQUESTS }, (_, i) => i);

/** Expects the requests of the peer to have begun, and to have come to a stop before their end. */
async function expectStopped(engine: Engine, neighbour: TransportPeer): Promise<void> {
  await eventually(() => expect(executed(engine)).toBeGreaterThan(0));
  for (let quiet = 0; quiet < QUIET_ANSWERS; ) {
    const before = executed(engine);
    await expectNeighbourServed(neighbour);
    quiet = executed(engine) === before ? quiet + 1 : 0;
  }
  expect(executed(engine), 'requests executed for a peer that does not read').toBeLessThan(
    REQUESTS,
  );
}

async function expectNeighbourServed(neighbour: TransportPeer): Promise<void> {
  neighbour.send(hexist('table', 'unknown'));
  await expectAnswers(neighbour, ok(false));
}

/** How many of the peer's requests have reached the engine: just these are HGETs. */
function executed(engine: Engine): number {
  return engine.stats().commands.hget;
}

/** Comparing all the bytes would take vitest longer than everything else. */
async function firstByteOfNext(peer: TransportPeer): Promise<number | undefined> {
  const { value } = (await peer.receive()).values[0]?.value ?? {};
  if (!(value instanceof Uint8Array)) throw new Error('The answer holds no bytes');
  expect(value).toHaveLength(VALUE_BYTES);
  return value[0];
}
