import { type CommandResponse, KvError } from '@kv/core';
import { expect } from 'vitest';
import { failed, notFound, ok } from '../../command/expected-response.js';
import { hget, hgetall, hmget, hscan, hset } from '../../command/requests.js';
import { eventually } from '../../eventually.js';
import { logHooks, logSent } from '../hook-log.js';
import { ask, expectAnswers } from '../peers.js';
import type { TransportCheck } from '../transport-check.js';

/** What cannot be carried out is answered in its turn, and the connection lives on. */
export const refusalChecks: readonly TransportCheck[] = [
  {
    title: 'what is no request is answered with 400, and the connection lives on',
    async run({ connect }) {
      const peer = await connect();
      peer.sendUndecodable();
      await expectAnswers(peer, failed(400));
      await ask(peer, hset('table', 'key', 1n));
      peer.sendUndecodable();
      peer.send(hget('table', 'key'));
      await expectAnswers(peer, failed(400), ok(1n));
    },
  },
  {
    title: 'what is no request is answered in its turn',
    async run({ connect, storage }) {
      const peer = await connect();
      const hold = storage.hold('slow');
      peer.send(hget('table', 'slow'));
      peer.sendUndecodable();
      peer.send(hget('table', 'fast'));
      await hold.reached;
      hold.release();
      await expectAnswers(peer, notFound('table', 'slow'), failed(400), notFound('table', 'fast'));
    },
  },
  {
    title: 'the last two hook points, and only they, see what is no request',
    async run({ connect, engine }) {
      const calls = logHooks(engine);
      const sent = logSent(engine);
      const peer = await connect();
      peer.sendUndecodable();
      await expectAnswers(peer, failed(400));
      await eventually(() => expect(sent).toHaveLength(1));
      expect(calls.map(({ name }) => name)).toStrictEqual([
        'beforeResponseSend',
        'afterResponseSend',
      ]);
      expect(sent[0]).toMatchObject({ key: undefined, status: 400, error: undefined });
    },
  },
  {
    title: 'an answer beyond the limit becomes a 413, and the connection lives on',
    options: { maxFrameBytes: 1024 },
    async run({ connect }) {
      const peer = await connect();
      const text = 'x'.repeat(600);
      peer.send(hset('table', 'one', text), hset('table', 'two', text));
      await expectAnswers(peer, ok(null), ok(null));
      peer.send(hget('table', 'one'), hmget('table', ['one', 'two']), hget('table', 'two'));
      await expectAnswers(peer, ok(text), failed(413), ok(text));
    },
  },
  {
    title: 'a table beyond the limit is a 413 that names HSCAN, which reads it',
    options: { maxFrameBytes: 1024 },
    async run({ connect }) {
      const peer = await connect();
      const text = 'x'.repeat(600);
      const keys = ['one', 'two', 'three'];
      for (const key of keys) await ask(peer, hset('table', key, text));
      peer.send(hgetall('table'), hget('table', 'one'));
      await expectAnswers(peer, failed(413, /HSCAN/), ok(text));
      const read: string[] = [];
      let page = await ask(peer, hscan('table'));
      for (let pages = 1; pages < 10; pages++) {
        expect(page).toMatchObject({ status: 200 });
        read.push(...page.pairs.map(({ key }) => key));
        if (page.cursor === undefined) break;
        page = await ask(peer, hscan('table', page.cursor));
      }
      expect(read.sort()).toStrictEqual(keys.sort());
    },
  },
  {
    title: 'a pair beyond the limit is a 413 that names it, and a scan goes on behind it',
    options: { maxFrameBytes: 1024 },
    async run({ connect, storage }) {
      for (const key of ['a', 'b', 'd', 'e']) await storage.set('table', key, true);
      await storage.set('table', 'c', 'x'.repeat(1024));
      const peer = await connect();
      const read: string[] = [];
      const refused: CommandResponse[] = [];
      for (let cursor: Uint8Array | undefined, pages = 0; pages < 10; pages++) {
        const page = await ask(peer, hscan('table', cursor));
        read.push(...page.pairs.map(({ key }) => key));
        if (page.status !== 200) refused.push(page);
        cursor = page.cursor;
        if (cursor === undefined || cursor.length === 0) break;
      }
      expect(read.sort()).toStrictEqual(['a', 'b', 'd', 'e']);
      const message = expect.stringContaining('table: table, key: c, ');
      expect(refused).toStrictEqual([expect.objectContaining({ status: 413, message })]);
    },
  },
  {
    title: 'a storage that fails costs its request a 507, and no other',
    async run({ connect, storage, reported }) {
      const peer = await connect();
      const hold = storage.hold('broken');
      peer.send(hget('table', 'one'), hget('table', 'broken'), hget('table', 'two'));
      await hold.reached;
      const error = new KvError('STORAGE_FAILURE', 'The disk is full');
      hold.fail(error);
      await expectAnswers(
        peer,
        notFound('table', 'one'),
        failed(507, 'The disk is full'),
        notFound('table', 'two'),
      );
      expect(reported).toStrictEqual([error]);
    },
  },
];
