import { KvError } from '@kv/core';
import { valueToMessage } from '@kv/protocol';
import { expect } from 'vitest';
import { failed, notFound, ok } from '../../command/expected-response.js';
import { hget, hset } from '../../command/requests.js';
import { eventually } from '../../eventually.js';
import { keyOf, logSent } from '../hook-log.js';
import { expectAnswers } from '../peers.js';
import type { TransportCheck } from '../transport-check.js';

/** What listeners do to a request holds for the peer as it does in-process. */
export const hookPowerChecks: readonly TransportCheck[] = [
  {
    title: 'requestReceived refuses a request by a KvError, and no other',
    async run({ connect, engine, storage }) {
      engine.hooks.on('requestReceived', ({ request }) => {
        if (keyOf(request) === 'secret') throw new KvError('FORBIDDEN', 'Not for you');
      });
      const peer = await connect();
      peer.send(hset('table', 'one', 1n), hset('table', 'secret', 2n), hget('table', 'one'));
      await expectAnswers(peer, ok(null), failed(403, 'Not for you'), ok(1n));
      expect(await storage.getAll('table')).toStrictEqual([['one', 1n]]);
    },
  },
  {
    title: 'requestReceived refuses by a promise, too',
    async run({ connect, engine, storage }) {
      engine.hooks.on('requestReceived', async ({ request }) => {
        await Promise.resolve();
        if (keyOf(request) === 'secret') throw new KvError('UNAUTHENTICATED', 'Who are you?');
      });
      const peer = await connect();
      peer.send(hset('table', 'one', 1n), hset('table', 'secret', 2n), hget('table', 'one'));
      await expectAnswers(peer, ok(null), failed(401, 'Who are you?'), ok(1n));
      expect(await storage.getAll('table')).toStrictEqual([['one', 1n]]);
    },
  },
  {
    title: 'requestReceived ends a request with a response of its own',
    async run({ connect, engine, storage }) {
      engine.hooks.on('requestReceived', (context) => {
        if (keyOf(context.request) !== 'cached') return;
        context.terminate({
          status: 200,
          message: '',
          values: [valueToMessage('from the cache')],
          pairs: [],
        });
      });
      const peer = await connect();
      peer.send(hset('table', 'cached', 1n), hget('table', 'cached'), hget('table', 'other'));
      const cached = ok('from the cache');
      await expectAnswers(peer, cached, cached, notFound('table', 'other'));
      expect(await storage.getAll('table')).toStrictEqual([]);
    },
  },
  {
    title: 'requestReceived puts another request in place of the one that came',
    async run({ connect, engine }) {
      engine.hooks.on('requestReceived', (context) => {
        if (keyOf(context.request) === 'alias') context.request = hget('table', 'name');
      });
      const peer = await connect();
      peer.send(hset('table', 'name', 1n), hget('table', 'alias'), hget('table', 'other'));
      await expectAnswers(peer, ok(null), ok(1n), notFound('table', 'other'));
    },
  },
  {
    title: 'requestExecuted makes an error of the response; the command has run',
    async run({ connect, engine, storage }) {
      engine.hooks.on('requestExecuted', ({ request }) => {
        if (keyOf(request) === 'late') throw new KvError('TOO_MANY_REQUESTS', 'Enough');
      });
      const peer = await connect();
      peer.send(hset('table', 'one', 1n), hset('table', 'late', 2n), hget('table', 'one'));
      await expectAnswers(peer, ok(null), failed(429, 'Enough'), ok(1n));
      expect(await storage.get('table', 'late')).toBe(2n);
    },
  },
  {
    title: 'beforeResponseSend puts another response in place of the one that was made',
    async run({ connect, engine }) {
      engine.hooks.on('beforeResponseSend', (context) => {
        if (keyOf(context.request) !== 'masked') return;
        context.response = { ...context.response, values: [valueToMessage('***')] };
      });
      const peer = await connect();
      peer.send(
        ...[hset('table', 'masked', 'x'), hset('table', 'plain', 'y')],
        ...[hget('table', 'masked'), hget('table', 'plain')],
      );
      await expectAnswers(peer, ok('***'), ok(null), ok('***'), ok('y'));
    },
  },
  {
    title: 'a listener that fails otherwise costs its request a 500 without internals, and no more',
    async run({ connect, engine, reported }) {
      const fault = new TypeError('a secret of the listener');
      engine.hooks.on('requestReceived', ({ request }) => {
        if (keyOf(request) === 'faulty') throw fault;
      });
      const peer = await connect();
      peer.send(hset('table', 'one', 1n), hget('table', 'faulty'), hget('table', 'one'));
      await expectAnswers(peer, ok(null), failed(500, /^(?!.*secret)/), ok(1n));
      expect(reported.map(({ cause }) => cause)).toStrictEqual([fault]);
    },
  },
  {
    title: 'refusals pass the last two hook points, in their turn',
    async run({ connect, engine }) {
      const sent = logSent(engine);
      const before: (string | undefined)[] = [];
      engine.hooks.on('requestReceived', ({ request }) => {
        if (keyOf(request) === 'secret') throw new KvError('FORBIDDEN', 'Not for you');
      });
      engine.hooks.on('beforeResponseSend', ({ request }) => {
        before.push(keyOf(request));
      });
      const peer = await connect();
      peer.send(...['one', 'secret', 'two'].map((key) => hget('table', key)));
      await expectAnswers(
        peer,
        notFound('table', 'one'),
        failed(403, 'Not for you'),
        notFound('table', 'two'),
      );
      await eventually(() => expect(sent).toHaveLength(3));
      expect(before).toStrictEqual(['one', 'secret', 'two']);
      expect(sent.map(({ key, status }) => [key, status])).toStrictEqual([
        ['one', 404],
        ['secret', 403],
        ['two', 404],
      ]);
    },
  },
];
