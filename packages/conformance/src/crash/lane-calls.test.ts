import {
  commandRequest,
  KvError,
  type LaneAnswer,
  type LaneRequest,
  MemoryStorage,
  type Value,
  valueToMessage,
} from '@kv/core';
import { expect, it } from 'vitest';
import { ModelStorage } from '../testing/model-storage.js';
import { LaneCalls } from './lane-calls.js';

const place = { table: 't', key: 'k' };
const get = commandRequest('hget', place);
const del = commandRequest('hdel', place);
const set = (value: Value): typeof get =>
  commandRequest('hset', { table: 't', pair: { key: 'k', value: valueToMessage(value) } });

/** Takes on everything, for later. */
class Later extends ModelStorage {
  readonly waiting: (() => void)[] = [];
  override readonly lane = {
    execute: (): number => 0,
    defer: ({ ...request }: LaneRequest, answer: LaneAnswer): boolean => {
      this.waiting.push(() => {
        if (!answer.execute(this.model, request)) answer.fail(new KvError('FORBIDDEN', 'Not here'));
      });
      return true;
    },
  };
  readonly model = new ModelStorage().lane;
}

it('answer as the methods do, at once if the lane does', () => {
  const calls = new LaneCalls(new ModelStorage());
  expect(calls.call(get)).toEqual([undefined]);
  expect(calls.call(set('text'))).toEqual([undefined]);
  expect(calls.call(set(5n))).toEqual(['text']);
  expect(calls.call(get)).toEqual([5n]);
  expect(calls.call(del)).toEqual([5n]);
  expect(calls.call(del)).toEqual([undefined]);
});

it('answer later if the lane does, in order', async () => {
  const storage = new Later();
  const calls = new LaneCalls(storage);
  const answers = [set('text'), get, del, get].map((request) => calls.call(request));
  for (const carryOut of storage.waiting) carryOut();
  expect(await Promise.all(answers)).toEqual([[undefined], ['text'], ['text'], [undefined]]);
});

it('fail with what the response says', async () => {
  const storage = new Later();
  const answer = new LaneCalls(storage).call(get);
  storage.model.execute = () => 0;
  for (const carryOut of storage.waiting) carryOut();
  await expect(answer).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

it('leave to the methods what a lane does not take', async () => {
  expect(new LaneCalls(new MemoryStorage()).call(get)).toBeUndefined();
  const storage = new ModelStorage();
  const calls = new LaneCalls(storage);
  await storage.close();
  expect(calls.call(get)).toBeUndefined();
});
