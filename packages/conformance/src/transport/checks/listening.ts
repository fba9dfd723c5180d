import {
  type CommandResponse,
  commandRequest,
  KvError,
  type Value,
  valueFromMessage,
} from '@kv/core';
import { expect } from 'vitest';
import { notFound, ok } from '../../command/expected-response.js';
import {
  hget,
  publish,
  subscribe,
  subscribeToPattern,
  toTopic,
  unsubscribe,
} from '../../command/requests.js';
import { eventually } from '../../eventually.js';
import { logHooks } from '../hook-log.js';
import { ask, expectAnswers } from '../peers.js';
import type { TransportCheck, TransportFixture } from '../transport-check.js';
import type { TransportPeer } from '../transport-under-test.js';

const MANY = 500;
const LARGE = 64 * 1024;
const numbers = Array.from({ length: MANY }, (_, i) => BigInt(i));

/** What is pushed to a subscription. */
function pushed(subscription: number, topic: string, ...values: readonly Value[]) {
  return { ...ok(...values), topic, subscription };
}

/** Subscribes a peer to a topic, and waits until it is. */
async function subscribed(peer: TransportPeer, topic: string): Promise<number> {
  const { values } = await ask(peer, subscribe(topic));
  return Number(valueFromMessage(values[0]));
}

const subscriptions = ({ engine }: TransportFixture): number => engine.stats().subscriptions;

/** Publishes in the process of the engine, and says how many got it. */
async function publishHere(
  { engine }: TransportFixture,
  topic: string,
  ...values: readonly Value[]
): Promise<number | undefined> {
  return (await engine.execute(publish(topic, ...values))).delivered;
}

/** Receives until a subscription ends; what was pushed before that, by its first value. */
async function untilEnd(peer: TransportPeer): Promise<[values: unknown[], end: CommandResponse]> {
  const values: unknown[] = [];
  for (;;) {
    const response = await peer.receive();
    if (response.status !== 200) return [values, response];
    values.push(valueFromMessage(response.values[0]));
  }
}

/** What is published comes to those who are subscribed, in order, and to each once. */
export const listeningChecks: readonly TransportCheck[] = [
  {
    title:
      'a message comes to the peers that are subscribed, with its topic and their subscription',
    needs: 'push',
    async run(fixture) {
      const [one, two, publisher] = await Promise.all([
        fixture.connect(),
        fixture.connect(),
        fixture.connect(),
      ]);
      await subscribed(one, 'other');
      await subscribed(one, 'topic');
      await subscribed(two, 'topic');
      publisher.send(publish('topic', 'text', 1n, true), publish('topic'));
      await expectAnswers(publisher, { ...ok(), delivered: 2 }, { ...ok(), delivered: 2 });
      await expectAnswers(one, pushed(2, 'topic', 'text', 1n, true), pushed(2, 'topic'));
      await expectAnswers(two, pushed(1, 'topic', 'text', 1n, true), pushed(1, 'topic'));
    },
  },
  {
    title: 'the answer to a subscription comes before its first message',
    needs: 'push',
    async run({ connect }) {
      const peer = await connect();
      peer.send(subscribe('topic'), publish('topic', 1n), hget('table', 'key'));
      await expectAnswers(peer, ok(1n));
      // The message stands before its publisher's own answer or behind it.
      const rest = [await peer.receive(), await peer.receive(), await peer.receive()];
      const answers = rest.filter(({ subscription }) => subscription === undefined);
      expect(answers).toMatchObject([
        { status: 200, delivered: 1 },
        { status: 404, message: notFound('table', 'key').message },
      ]);
      expect(rest.filter(({ subscription }) => subscription === 1)).toHaveLength(1);
    },
  },
  {
    title: 'messages of a publisher come in their order, between answers that come in theirs',
    needs: 'push',
    async run({ connect }) {
      const [peer, publisher] = [await connect(), await connect()];
      await subscribed(peer, 'topic');
      peer.send(...numbers.map((i) => hget('table', `key${i}`)));
      publisher.send(...numbers.map((i) => publish('topic', i)));
      const all: CommandResponse[] = [];
      for (let i = 0; i < 2 * MANY; i++) all.push(await peer.receive());
      const pushes = all.filter(({ subscription }) => subscription !== undefined);
      const answers = all.filter(({ subscription }) => subscription === undefined);
      expect(pushes.map(({ values }) => valueFromMessage(values[0]))).toStrictEqual(numbers);
      expect(answers.map(({ message }) => message)).toStrictEqual(
        numbers.map((i) => notFound('table', `key${i}`).message),
      );
    },
  },
  {
    title: 'each subscription of a peer gets its own, those to patterns as well',
    needs: 'push',
    async run(fixture) {
      const peer = await fixture.connect();
      await subscribed(peer, 'chat.a');
      await subscribed(peer, 'chat.a');
      await ask(peer, subscribeToPattern('chat.*'));
      expect(await publishHere(fixture, 'chat.a', 'x')).toBe(3);
      expect(await publishHere(fixture, 'chat.b', 'y')).toBe(1);
      const pushes = [1, 2, 3].map((id) => pushed(id, 'chat.a', 'x'));
      await expectAnswers(peer, ...pushes, pushed(3, 'chat.b', 'y'));
    },
  },
  {
    title: 'nothing comes behind the answer that a subscription has ended',
    needs: 'push',
    async run(fixture) {
      const peer = await fixture.connect();
      await subscribed(peer, 'topic');
      await subscribed(peer, 'other');
      await ask(peer, unsubscribe('topic', 1));
      expect(await publishHere(fixture, 'topic', 'x')).toBe(0);
      expect(await publishHere(fixture, 'other', 'y')).toBe(1);
      await expectAnswers(peer, pushed(2, 'other', 'y'));
    },
  },
  {
    title: 'a peer can end no subscription of another, whose id is the same',
    needs: 'push',
    async run(fixture) {
      const [one, two] = [await fixture.connect(), await fixture.connect()];
      await subscribed(one, 'topic');
      expect(await ask(two, unsubscribe('topic', 1))).toMatchObject({ status: 404 });
      await subscribed(two, 'topic');
      await ask(two, unsubscribe('topic', 1));
      expect(await publishHere(fixture, 'topic', 'x')).toBe(1);
      await expectAnswers(one, pushed(1, 'topic', 'x'));
    },
  },
  {
    title: 'hooks see subscriptions and messages like other requests, and can refuse them',
    needs: 'push',
    async run(fixture) {
      const { connect, engine, reported } = fixture;
      const calls = logHooks(engine);
      const peer = await connect();
      engine.hooks.on('requestReceived', ({ request: { requestData } }) => {
        const { case: command, value } = requestData;
        const refused = (command === 'subscribe' || command === 'publish') && value.topic === 'no';
        if (refused) throw new KvError('FORBIDDEN', 'Not this');
      });
      await subscribed(peer, 'topic');
      for (const request of [subscribe('no'), publish('no', 'x')]) {
        expect(await ask(peer, request)).toMatchObject({ status: 403, message: 'Not this' });
      }
      expect(subscriptions(fixture)).toBe(1);
      await eventually(() =>
        expect(calls.map(({ name }) => name)).toStrictEqual([
          'requestReceived',
          'requestExecuted',
          'beforeResponseSend',
          'afterResponseSend',
          ...Array.from({ length: 2 }, () => [
            'requestReceived',
            'beforeResponseSend',
            'afterResponseSend',
          ]).flat(),
        ]),
      );
      const before = calls.length;
      expect(await publishHere(fixture, 'topic', 'x')).toBe(1);
      await expectAnswers(peer, pushed(1, 'topic', 'x'));
      // Those of the publisher in this process alone.
      expect(calls).toHaveLength(before + 4);
      expect(reported).toStrictEqual([]);
    },
  },
  {
    title: 'a subscriber that does not read is dropped with an error, and disturbs nobody',
    needs: 'push',
    timeoutMs: 30_000,
    async run(fixture) {
      const { connect, engine } = fixture;
      const [slow, fast] = [await connect(), await connect()];
      await subscribed(slow, 'topic');
      await subscribed(fast, 'topic');
      slow.pause();
      const value = 'x'.repeat(LARGE);
      let sent = 0n;
      // As much as the kernel takes, and the peer's share, and the subscription's.
      for (let delivered: number | undefined = 2; delivered === 2; sent++) {
        delivered = await publishHere(fixture, 'topic', sent, value);
        await expectAnswers(fast, pushed(1, 'topic', sent, value));
        expect(sent).toBeLessThan(10_000n);
      }
      expect(engine.stats().subscriptions).toBe(2);
      slow.resume();
      const [values, end] = await untilEnd(slow);
      expect(end).toMatchObject({ status: 429, subscription: 1 });
      expect(values).toStrictEqual(values.map((_, i) => BigInt(i)));
      expect(subscriptions(fixture)).toBe(1);
      expect(await ask(slow, subscribe('topic'))).toMatchObject(ok(2n));
      expect(await publishHere(fixture, 'topic', 'again')).toBe(2);
      await expectAnswers(slow, pushed(2, 'topic', 'again'));
    },
  },
  {
    title: 'a slow subscriber that has asked for it misses what is oldest, and is told how much',
    needs: 'push',
    timeoutMs: 30_000,
    async run(fixture) {
      const peer = await fixture.connect();
      const policy = { overflow: 'drop-oldest', maxMessages: 3 };
      await ask(peer, commandRequest('subscribe', { ...toTopic('topic'), ...policy }));
      peer.pause();
      const value = 'x'.repeat(LARGE);
      const count = 1000;
      for (let i = 0; i < count; i++) {
        expect(await publishHere(fixture, 'topic', BigInt(i), value)).toBe(1);
      }
      peer.resume();
      let next = 0n;
      let missed = 0;
      while (next < count) {
        const response = await peer.receive();
        missed += response.missed ?? 0;
        next += BigInt(response.missed ?? 0);
        expect(valueFromMessage(response.values[0])).toBe(next++);
      }
      expect(missed).toBeGreaterThan(0);
    },
  },
  {
    title: 'a message that is longer than a frame may be ends the subscription, and no other',
    needs: 'push',
    options: { maxFrameBytes: 1024 },
    async run(fixture) {
      const peer = await fixture.connect();
      await subscribed(peer, 'topic');
      await subscribed(peer, 'other');
      await publishHere(fixture, 'topic', 'x'.repeat(2000));
      expect(await peer.receive()).toMatchObject({ status: 413, subscription: 1 });
      expect(await publishHere(fixture, 'topic', 'x')).toBe(0);
      expect(await publishHere(fixture, 'other', 'y')).toBe(1);
      await expectAnswers(peer, pushed(2, 'other', 'y'));
    },
  },
  {
    title: 'subscriptions of a peer that is gone are gone at once',
    needs: 'push',
    async run(fixture) {
      const peers = await Promise.all([fixture.connect(), fixture.connect()]);
      for (const peer of peers) await subscribed(peer, 'topic');
      expect(subscriptions(fixture)).toBe(2);
      peers[0]?.cut();
      await eventually(() => expect(subscriptions(fixture)).toBe(1));
      peers[1]?.end();
      await eventually(() => expect(subscriptions(fixture)).toBe(0));
      expect(await publishHere(fixture, 'topic', 'x')).toBe(0);
    },
  },
  {
    title: 'close ends subscriptions with the connection, when all is answered',
    needs: 'push',
    async run(fixture) {
      const { connect, transport, storage } = fixture;
      const peer = await connect();
      await subscribed(peer, 'topic');
      const hold = storage.hold('slow');
      peer.send(hget('table', 'slow'));
      await hold.reached;
      expect(await publishHere(fixture, 'topic', 'before')).toBe(1);
      const closing = transport.close();
      expect(await publishHere(fixture, 'topic', 'after')).toBe(0);
      hold.release();
      await expectAnswers(peer, pushed(1, 'topic', 'before'), notFound('table', 'slow'));
      await expect(peer.receive()).rejects.toThrow();
      await closing;
    },
  },
];
