import { type CommandResponse, commandRequest } from '@kv/core';
import { expect } from 'vitest';
import { ok } from '../../command/expected-response.js';
import { hdel, hmset, hset, ofTable, unsubscribe, watch } from '../../command/requests.js';
import { eventually } from '../../eventually.js';
import { type HookCall, logHooks } from '../hook-log.js';
import { ask } from '../peers.js';
import type { TransportCheck } from '../transport-check.js';

const MANY = 300;

const ALL_POINTS = [
  'requestReceived',
  'requestExecuted',
  'beforeResponseSend',
  'afterResponseSend',
];

/** What was pushed, as far as it is the same with all storages. */
function told({ subscription, change }: CommandResponse): unknown[] {
  const { key, cause, value, old } = change ?? {};
  return [subscription, cause, key, value?.value.value, old?.value.value];
}

const nameOf = ({ name }: HookCall): string => name;

/** Changes come to those who watch the table, in order, and to each once. */
export const watchingChecks: readonly TransportCheck[] = [
  {
    title:
      'a change comes to the peers that watch its table, whoever made it and by whatever command',
    needs: 'push',
    async run({ connect, engine }) {
      const [one, other, writer] = [await connect(), await connect(), await connect()];
      await ask(one, watch('elsewhere'));
      await ask(one, watch('table'));
      await ask(other, watch('table'));
      writer.send(
        hset('table', 'a', 'one'),
        hset('table', 'a', 'two'),
        hset('other', 'a', 'x'),
        hmset('table', ['b', 1n], ['a', true]),
        hdel('table', 'missing'),
        hdel('table', 'a'),
      );
      for (let i = 0; i < 6; i++) expect((await writer.receive()).status).toBe(200);
      await engine.execute(hset('table', 'c', 2.5));
      const expected = (id: number): unknown[][] => [
        [id, 'set', 'a', 'one', undefined],
        [id, 'set', 'a', 'two', 'one'],
        [id, 'set', 'b', 1n, undefined],
        [id, 'set', 'a', true, 'two'],
        [id, 'delete', 'a', undefined, true],
        [id, 'set', 'c', 2.5, undefined],
      ];
      for (const [peer, id] of [
        [one, 2],
        [other, 1],
      ] as const) {
        const pushes: unknown[][] = [];
        while (pushes.length < 6) pushes.push(told(await peer.receive()));
        expect(pushes).toStrictEqual(expected(id));
      }
    },
  },
  {
    title: 'a peer is told of its own changes, in order, between its answers',
    needs: 'push',
    async run({ connect }) {
      const peer = await connect();
      await ask(peer, watch('table'));
      peer.send(...Array.from({ length: MANY }, (_, i) => hset('table', 'key', BigInt(i))));
      const all: CommandResponse[] = [];
      while (all.length < 2 * MANY) all.push(await peer.receive());
      const values = (pushed: boolean): unknown[] =>
        all
          .filter(({ subscription }) => (subscription !== undefined) === pushed)
          .map(({ change, values: [answer] }) => (pushed ? change?.value : answer)?.value.value);
      const numbers = Array.from({ length: MANY }, (_, i) => BigInt(i));
      expect(values(true)).toStrictEqual(numbers);
      expect(values(false)).toStrictEqual([undefined, ...numbers.slice(0, -1)]);
    },
  },
  {
    title:
      'nothing comes behind the answer that a watch has ended, and nothing is kept for who is gone',
    needs: 'push',
    async run({ connect, engine }) {
      const peer = await connect();
      await ask(peer, watch('table'));
      await ask(peer, unsubscribe('', 1));
      peer.send(hset('table', 'key', 1n));
      expect(await peer.receive()).toMatchObject({ status: 200, values: ok(null).values });
      await ask(peer, watch('table'));
      expect(engine.stats().subscriptions).toBe(1);
      peer.cut();
      await eventually(() => expect(engine.stats().subscriptions).toBe(0));
    },
  },
  {
    title: 'a change that is too large with both of its values comes without the one from before',
    needs: 'push',
    options: { maxFrameBytes: 1024 },
    async run({ connect }) {
      const [one, other, writer] = [await connect(), await connect(), await connect()];
      for (const peer of [one, other]) await ask(peer, watch('table'));
      const [before, after] = ['x'.repeat(600), 'y'.repeat(600)];
      for (const value of [before, after, 1n]) await ask(writer, hset('table', 'key', value));
      for (const peer of [one, other]) {
        const pushes = [await peer.receive(), await peer.receive(), await peer.receive()];
        expect(pushes.map((push) => [...told(push), push.change?.oldKnown])).toStrictEqual([
          [1, 'set', 'key', before, undefined, true],
          [1, 'set', 'key', after, undefined, false],
          [1, 'set', 'key', 1n, after, true],
        ]);
      }
    },
  },
  {
    title:
      'of a change that is too large for a peer it is told the position, and that it has missed one',
    needs: 'push',
    options: { maxFrameBytes: 1024 },
    async run({ connect, engine }) {
      const peer = await connect();
      const { position: start } = await ask(peer, watch('table'));
      const values = ['x'.repeat(2000), 'y'.repeat(2000), 'small'];
      for (const value of values) await engine.execute(hset('table', 'key', value));
      const pushes = [await peer.receive(), await peer.receive(), await peer.receive()];
      const sequences = pushes.map((push) =>
        Number((push.change?.position ?? push.position)?.sequence),
      );
      const [first = Number.NaN] = sequences;
      expect(sequences).toStrictEqual([first, first + 1, first + 2]);
      expect(pushes.map(({ missed, change }) => [missed, change?.key])).toStrictEqual([
        [1, undefined],
        [1, undefined],
        [undefined, 'key'],
      ]);
      // By that one can go on behind it, also when it is read again.
      let after = start;
      for (const status of [413, 413, 200]) {
        const message = { ...{ table: 'table', key: '', prefix: '' }, limit: 0, after };
        const answer = await ask(peer, commandRequest('changes', message));
        expect(answer.status).toBe(status);
        after = answer.position;
      }
      expect(after).toStrictEqual(pushes[2]?.change?.position);
    },
  },
  {
    title: 'a peer that watches a key is told how far it has come, when there is much of others',
    needs: 'push',
    async run({ connect }) {
      const [peer, writer] = [await connect(), await connect()];
      await ask(peer, commandRequest('watch', { ...ofTable('table'), key: 'key' }));
      const large = 'x'.repeat(100_000);
      for (let i = 0; i < 2; i++) await ask(writer, hset('table', 'other', large));
      await ask(writer, hset('table', 'key', 1n));
      const pushes = [await peer.receive(), await peer.receive(), await peer.receive()];
      expect(pushes.map(told).map(([id, cause]) => [id, cause])).toStrictEqual([
        [1, undefined],
        [1, undefined],
        [1, 'set'],
      ]);
      const sequences = pushes.map(({ position, change }) =>
        Number((change?.position ?? position)?.sequence),
      );
      const [first = Number.NaN] = sequences;
      expect(sequences).toStrictEqual([first, first + 1, first + 2]);
    },
  },
  {
    title: 'hooks see a watch at all four points, and what is pushed at none',
    needs: 'push',
    async run({ connect, engine }) {
      const calls = logHooks(engine);
      const peer = await connect();
      await ask(peer, watch('table'));
      peer.send(hset('table', 'key', 1n));
      const both = [await peer.receive(), await peer.receive()];
      const pushes = both.filter(({ subscription }) => subscription !== undefined);
      expect(pushes.map(told)).toStrictEqual([[1, 'set', 'key', 1n, undefined]]);
      // A watch of the whole table has no key.
      const pointsOf = (key: string) => calls.filter((call) => call.key === key).map(nameOf);
      await eventually(() => expect(pointsOf('key')).toStrictEqual(ALL_POINTS));
      expect(pointsOf('')).toStrictEqual(ALL_POINTS);
      expect(calls).toHaveLength(2 * ALL_POINTS.length);
    },
  },
];
