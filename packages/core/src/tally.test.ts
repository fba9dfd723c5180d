import { type CommandRequest, commandRequest, okResponse } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { Tally } from './tally.js';

const GET = commandRequest('hget', { table: 't', key: 'k' });
const OK = okResponse([]);

const named = (name: string): CommandRequest =>
  ({ requestData: { case: name } }) as unknown as CommandRequest;

/** Whether a promise is settled, once all that can happen has happened. */
async function settled(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

describe('a tally', () => {
  it('counts what began, what is in flight, and what ended how', () => {
    const tally = new Tally();
    tally.began(GET);
    tally.began(commandRequest('hgetall', { table: 't' }));
    tally.began(GET);
    tally.ended(OK);
    tally.ended({ ...OK, status: 404 });
    expect([tally.requests, tally.inFlight]).toEqual([3, 1]);
    expect(tally.byCommand()).toMatchObject({ hget: 2, hgetall: 1, hset: 0 });
    expect(tally.byStatus()).toEqual({ 200: 1, 404: 1 });
  });

  it.each(['__proto__', 'constructor', 'toString', 'nope'])(
    'counts %s among the requests, and as no command',
    (name) => {
      const tally = new Tally();
      const before = tally.byCommand();
      tally.began(named(name));
      expect(tally.requests).toBe(1);
      expect(tally.byCommand()).toStrictEqual(before);
    },
  );

  it('is idle at once if nothing is in flight', async () => {
    const tally = new Tally();
    expect(await settled(tally.idle())).toBe(true);
    tally.began(GET);
    tally.ended(OK);
    expect(await settled(tally.idle())).toBe(true);
  });

  it('tells all who wait when the last request has ended', async () => {
    const tally = new Tally();
    tally.began(GET);
    tally.began(GET);
    const waiting = [tally.idle(), tally.idle()];
    tally.ended(OK);
    expect(await Promise.all(waiting.map(settled))).toEqual([false, false]);
    tally.ended(OK);
    expect(await Promise.all(waiting.map(settled))).toEqual([true, true]);
  });
});
