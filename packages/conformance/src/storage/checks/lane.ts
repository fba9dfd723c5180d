import { commandRequest, MAX_PREFETCH, valueToMessage } from '@kv/core';
import { expect } from 'vitest';
import { Random } from '../../random.js';
import { damaged, encodedRequest, randomRequest } from '../lane-traffic.js';
import type { StorageCheck } from '../storage-check.js';
import { hex, TwoWays } from '../two-ways.js';

const CHUNKS = 250;

const pair = { key: 'k', value: valueToMessage('by the lane') };
const set = encodedRequest(commandRequest('hset', { table: 't', pair }));
const get = encodedRequest(commandRequest('hget', { table: 't', key: 'k' }));
const keys = ['k', 'l', 'k'];
const pairs = keys.map((key, i) => ({ key, value: valueToMessage(BigInt(i)) }));
const several = [
  encodedRequest(commandRequest('hmset', { table: 't', pairs })),
  encodedRequest(commandRequest('hmget', { table: 't', keys })),
  encodedRequest(commandRequest('hmexist', { table: 't', keys })),
  encodedRequest(commandRequest('hmdel', { table: 't', keys })),
];
const whole = encodedRequest(commandRequest('hgetall', { table: 't' }));

/** That the short way cannot be told from the long one. */
export const laneChecks: readonly StorageCheck[] = [
  {
    title: 'the lane answers as the commands do, to the last byte and in every figure',
    needs: 'lane',
    async run({ storage, seed }) {
      const random = new Random(seed);
      const ways = new TwoWays(storage);
      for (let i = 0; i < CHUNKS; i++) {
        const requests = random.list(1 + random.below(MAX_PREFETCH), () =>
          damaged(random, encodedRequest(randomRequest(random))),
        );
        const story = `seed ${seed}, chunk ${i}: ${requests.map(hex).join(' ')}`;
        for (const { lane, plain } of await ways.ask(...requests)) expect(lane, story).toBe(plain);
      }
      const { lane, plain } = ways.figures();
      expect(lane).toEqual(plain);
    },
  },
  {
    title: 'the lane takes requests of one key as encoders make them',
    needs: 'lane',
    async run({ storage }) {
      const ways = new TwoWays(storage);
      await ways.ask(set);
      await ways.ask(get);
      expect(ways.taken).toBe(2);
    },
  },
  {
    title: 'the lane takes requests of several keys, if it has a method for them',
    needs: 'lane',
    async run({ storage }) {
      const ways = new TwoWays(storage);
      await ways.ask(...several);
      expect(ways.taken).toBe(storage.lane?.executeBatch === undefined ? 0 : several.length);
    },
  },
  {
    title: 'the lane takes requests of a whole table, if it has a method for them',
    needs: 'lane',
    async run({ storage }) {
      const ways = new TwoWays(storage);
      await ways.ask(set);
      await ways.ask(whole);
      expect(ways.taken).toBe(storage.lane?.executeTable === undefined ? 1 : 2);
    },
  },
  {
    title: 'the lane and the methods see what the other has written',
    needs: 'lane',
    async run({ storage }) {
      const ways = new TwoWays(storage);
      await ways.ask(set);
      expect(await storage.get('t', 'k')).toBe('by the lane');
      await storage.set('t', 'k', 'by a method');
      const [answers] = await ways.ask(get);
      expect(answers?.lane).toContain(hex(Buffer.from('by a method')));
    },
  },
  {
    title: 'the lane leaves what comes after close to the methods',
    needs: 'lane',
    async run({ storage, close }) {
      const ways = new TwoWays(storage);
      await close();
      expect((await ways.own(get)).status).toBe(503);
      await ways.ask(get, ...several, whole);
      expect(ways.taken).toBe(0);
    },
  },
];
