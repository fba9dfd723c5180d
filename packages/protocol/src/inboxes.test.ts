import { describe, expect, it } from 'vitest';
import { Inboxes, type PushTarget } from './inboxes.js';
import { KvError } from './kv-error.js';
import { type CommandResponse, commandRequest } from './messages.js';
import { errorResponse, okResponse } from './response.js';

/** A subscription that keeps what it gets. */
class Target implements PushTarget {
  id: number | undefined;
  readonly request = commandRequest('hgetall', { table: 't' });
  readonly topic = 't';
  readonly signal = undefined;
  readonly ended = false;
  readonly received: [status: number, missed: number, id: number | undefined][] = [];
  closed = 0;

  receive({ status }: CommandResponse, missed: number): void {
    this.received.push([status, missed, this.id]);
  }

  interrupt(): void {}

  fail(): void {}

  close(): void {
    this.closed++;
  }
}

function placed(inboxes: Inboxes, id: number): Target {
  const target = new Target();
  inboxes.add(target);
  inboxes.place(target, id);
  return target;
}

const message = okResponse([]);

describe('what is pushed to a client', () => {
  it('goes to the subscription that has the id, and to none if nobody has it', () => {
    const inboxes = new Inboxes();
    const [one, other] = [placed(inboxes, 1), placed(inboxes, 2)];
    inboxes.deliver(2, message, 3);
    inboxes.deliver(9, message, 0);
    expect([one.received, other.received]).toEqual([[], [[200, 3, 2]]]);
  });

  it('goes no more to one that has ended here', () => {
    const inboxes = new Inboxes();
    const target = placed(inboxes, 1);
    inboxes.delete(target);
    inboxes.deliver(1, message, 0);
    expect([target.received, target.id, [...inboxes]]).toEqual([[], undefined, []]);
  });

  it('may be that the server has ended it: it has no id then, by which to be ended again', () => {
    const inboxes = new Inboxes();
    const target = placed(inboxes, 1);
    inboxes.deliver(1, errorResponse(new KvError('TOO_MANY_REQUESTS', 'slow')), 0);
    inboxes.deliver(1, message, 0);
    expect(target.received).toEqual([[429, 0, undefined]]);
  });

  it('goes nowhere without a connection, and to other ids with the next', () => {
    const inboxes = new Inboxes();
    const target = placed(inboxes, 1);
    const waiting = new Target();
    inboxes.add(waiting);
    expect(inboxes.displaceAll()).toEqual([target]);
    inboxes.deliver(1, message, 0);
    expect([target.received, target.id, [...inboxes]]).toEqual([[], undefined, [target, waiting]]);
    inboxes.place(target, 7);
    inboxes.deliver(7, message, 0);
    expect(target.received).toEqual([[200, 0, 7]]);
  });

  it('ends with the client, for all', () => {
    const inboxes = new Inboxes();
    const targets = [placed(inboxes, 1), placed(inboxes, 2)];
    inboxes.close();
    expect(targets.map(({ closed }) => closed)).toEqual([1, 1]);
  });
});
