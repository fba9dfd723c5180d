import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Inbox } from './inbox.js';
import { KvError } from './kv-error.js';
import { type CommandResponse, commandRequest } from './messages.js';
import type { Overflow } from './overflow-policy.js';
import { errorResponse, okResponse } from './response.js';
import type { Gap } from './subscription.js';
import { valueToMessage } from './value.js';

interface Setting {
  readonly inbox: Inbox<number>;
  /** How often it has said that it has ended. */
  readonly ended: () => number;
  readonly gaps: Gap[];
  /** Pushes messages; each is the number that it holds. */
  push(...messages: number[]): void;
}

interface Options {
  readonly maxMessages?: number;
  readonly overflow?: Overflow;
  readonly onGap?: (gap: Gap) => void;
  readonly isNote?: (response: CommandResponse) => boolean;
}

function anInbox({ maxMessages = 100, overflow = 'error', onGap, isNote }: Options = {}): Setting {
  let ended = 0;
  const gaps: Gap[] = [];
  const inbox = new Inbox<number>({
    request: commandRequest('hgetall', { table: 't' }),
    topic: 't',
    limits: { maxMessages, maxBytes: 1e9 },
    overflow,
    onGap: onGap ?? ((gap) => void gaps.push(gap)),
    isNote,
    itemOf: ({ values }) => Number(values[0]?.value.value),
    onEnd: async () => void ended++,
  });
  const push = (...messages: number[]): void => {
    for (const each of messages) inbox.receive(message(each), 0);
  };
  return { inbox, ended: () => ended, gaps, push };
}

const message = (value: number): CommandResponse => okResponse([valueToMessage(BigInt(value))]);
const slow = new KvError('TOO_MANY_REQUESTS', 'too slow');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function take(inbox: Inbox<number>, count: number): Promise<unknown[]> {
  const taken: unknown[] = [];
  for (let i = 0; i < count; i++) taken.push((await inbox.next()).value);
  return taken;
}

describe('an inbox', () => {
  it('gives what was pushed, in order, whoever comes first', async () => {
    const { inbox, push } = anInbox();
    push(1, 2);
    expect(await take(inbox, 2)).toEqual([1, 2]);
    const asked = [inbox.next(), inbox.next()];
    await turn();
    push(3, 4, 5);
    expect(await Promise.all(asked)).toMatchObject([{ value: 3 }, { value: 4 }]);
    expect(await take(inbox, 1)).toEqual([5]);
  });

  it('is ended by leaving a loop over it', async () => {
    const { inbox, push, ended } = anInbox();
    push(1, 2, 3);
    const seen: number[] = [];
    for await (const item of inbox) {
      seen.push(item);
      if (item === 2) break;
    }
    expect([seen, ended(), inbox.ended]).toEqual([[1, 2], 1, true]);
    expect(await inbox.next()).toEqual({ done: true, value: undefined });
  });

  it.each(['unsubscribe', 'close'] as const)('is done for all who wait, after %s', async (how) => {
    const { inbox, push, ended } = anInbox();
    const waiting = [inbox.next(), inbox.next()];
    push(1);
    await inbox[how]();
    await inbox[how]();
    push(2);
    expect(await Promise.all(waiting)).toEqual([
      { done: false, value: 1 },
      { done: true, value: undefined },
    ]);
    expect(ended()).toBe(1);
  });

  it('waits in unsubscribe for who is told that it has ended', async () => {
    let told = (): void => {};
    const onEnd = (): Promise<void> => new Promise((resolve) => (told = resolve));
    const inbox = new Inbox<number>({
      request: commandRequest('hgetall', { table: 't' }),
      topic: 't',
      limits: { maxMessages: 1, maxBytes: 1 },
      overflow: 'error',
      itemOf: () => 0,
      onEnd,
    });
    const log: string[] = [];
    const done = inbox.unsubscribe().then(() => log.push('unsubscribed'));
    await turn();
    log.push('told');
    told();
    await done;
    expect(log).toEqual(['told', 'unsubscribed']);
  });

  it('rejects, once, with why the server has ended it, after what came before', async () => {
    const { inbox, push, ended } = anInbox();
    push(1);
    inbox.receive(errorResponse(slow), 0);
    push(2);
    expect(await take(inbox, 1)).toEqual([1]);
    await expect(inbox.next()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    expect(await inbox.next()).toEqual({ done: true, value: undefined });
    expect(ended()).toBe(1);
  });

  it('rejects those who wait when it fails, and what waits is gone', async () => {
    const { inbox, push } = anInbox();
    const waiting = expect(inbox.next()).rejects.toBe(slow);
    inbox.fail(slow);
    await waiting;
    const other = anInbox();
    other.push(1);
    other.inbox.fail(slow);
    await expect(other.inbox.next()).rejects.toBe(slow);
    push(1);
    expect(await inbox.next()).toMatchObject({ done: true });
  });
});

describe('a subscriber that is slow', () => {
  it('is dropped with an error, and gets what waited for it', async () => {
    const { inbox, push, ended } = anInbox({ maxMessages: 2 });
    push(1, 2, 3, 4);
    expect(ended()).toBe(1);
    expect(await take(inbox, 2)).toEqual([1, 2]);
    await expect(inbox.next()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  });

  it('misses what is oldest, and is told where and how much, if it wants that', async () => {
    const { inbox, push, gaps } = anInbox({ maxMessages: 2, overflow: 'drop-oldest' });
    push(1, 2, 3, 4, 5);
    expect(gaps).toEqual([]);
    expect(await take(inbox, 1)).toEqual([4]);
    expect(gaps).toEqual([{ missed: 3 }]);
    push(6);
    expect(await take(inbox, 2)).toEqual([5, 6]);
    expect(gaps).toHaveLength(1);
  });
});

describe('a gap', () => {
  it('is told between the messages around it', async () => {
    const log: unknown[] = [];
    const { inbox, push } = anInbox({ onGap: (gap) => void log.push(gap) });
    push(1);
    inbox.receive(message(2), 7);
    inbox.interrupt();
    push(3);
    for (let i = 0; i < 3; i++) log.push(...(await take(inbox, 1)));
    expect(log).toEqual([1, { missed: 7 }, 2, { missed: undefined }, 3]);
  });

  it('is told at once to who waits', async () => {
    const { inbox, push, gaps } = anInbox();
    const next = inbox.next();
    await turn();
    inbox.interrupt();
    expect(gaps).toEqual([{ missed: undefined }]);
    push(1);
    expect(await next).toMatchObject({ value: 1 });
  });

  it.each<[string, (setting: Setting) => void, Gap]>([
    ['known', ({ inbox }) => inbox.receive(message(0), 5), { missed: 8 }],
    ['not known', ({ inbox }) => inbox.interrupt(), { missed: undefined }],
  ])('that was dropped itself is part of the next, %s', async (_, begin, whole) => {
    const setting = anInbox({ maxMessages: 2, overflow: 'drop-oldest' });
    begin(setting);
    setting.push(1, 2, 3, 4);
    expect(await take(setting.inbox, 2)).toEqual([3, 4]);
    expect(setting.gaps).toEqual([whole]);
  });

  it('ends the subscription if the callback throws, with what it throws', async () => {
    const thrown = new Error('I must not miss anything');
    const onGap = (): never => {
      throw thrown;
    };
    for (const waits of [true, false]) {
      const { inbox, push, ended } = anInbox({ onGap });
      const waiting = waits && expect(inbox.next()).rejects.toBe(thrown);
      await turn();
      inbox.interrupt();
      push(1);
      if (waits) await waiting;
      else await expect(inbox.next()).rejects.toBe(thrown);
      expect(await inbox.next()).toMatchObject({ done: true });
      expect(ended()).toBe(1);
    }
  });
});

describe('an emitter', () => {
  it('tells items, gaps, and the end', async () => {
    const { inbox, push, gaps } = anInbox();
    push(1);
    const log: unknown[] = [];
    const emitter = inbox.emitter();
    emitter.on('item', (item) => log.push(item));
    emitter.on('gap', (gap) => log.push(gap));
    emitter.on('end', () => log.push('end'));
    expect(inbox.emitter()).toBe(emitter);
    await turn();
    inbox.interrupt();
    push(2);
    await turn();
    await inbox.unsubscribe();
    await turn();
    expect(log).toEqual([1, { missed: undefined }, 2, 'end']);
    expect(gaps).toEqual([{ missed: undefined }]);
  });

  it('tells why it has ended', async () => {
    const { inbox } = anInbox();
    const log: unknown[] = [];
    inbox.emitter().on('error', (error) => log.push(error));
    inbox.emitter().on('end', () => log.push('end'));
    await turn();
    inbox.fail(slow);
    await turn();
    expect(log).toEqual([slow, 'end']);
  });

  it('makes a warning of an error that nobody listens to, and of what listeners throw', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => warn.mockRestore());
    const { inbox, push } = anInbox();
    const thrown = new Error('listener');
    const items: number[] = [];
    inbox.emitter().on('item', (item) => {
      items.push(item);
      throw thrown;
    });
    await turn();
    push(1, 2);
    await turn();
    inbox.fail(slow);
    await turn();
    expect(items).toEqual([1, 2]);
    expect(warn.mock.calls).toEqual([[thrown], [thrown], [slow]]);
  });
});

describe('what takes no room in an inbox', () => {
  const isNote = ({ values: [first] }: CommandResponse): boolean => first?.value.value === 0n;

  it.each(['error', 'drop-oldest'] as const)('is a gap without a message: %s', async (overflow) => {
    const { inbox, push, gaps } = anInbox({ maxMessages: 2, overflow });
    push(1, 2);
    inbox.interrupt();
    inbox.interrupt();
    expect(await take(inbox, 2)).toEqual([1, 2]);
    expect(gaps).toEqual([]);
    const next = inbox.next();
    expect(gaps).toEqual([{ missed: undefined }]);
    push(3);
    expect(await next).toMatchObject({ value: 3 });
    expect(gaps).toHaveLength(1);
  });

  it.each(['error', 'drop-oldest'] as const)(
    'is what says no more once a message has come after it: %s',
    async (overflow) => {
      const { inbox, push, gaps } = anInbox({ maxMessages: 2, overflow, isNote });
      push(0, 1, 0, 2, 0, 0);
      expect(await take(inbox, 3)).toEqual([1, 2, 0]);
      const next = inbox.next();
      push(0);
      expect(await next).toMatchObject({ value: 0 });
      expect([gaps, inbox.ended]).toEqual([[], false]);
    },
  );

  it('has what is missing before it told before', async () => {
    const { inbox, gaps } = anInbox({ isNote });
    inbox.receive(message(0), 3);
    inbox.receive(message(0), 4);
    expect(await take(inbox, 1)).toEqual([0]);
    expect(gaps).toEqual([{ missed: 7 }]);
  });

  it('is gone with all that waits when it is left', async () => {
    const { inbox, push, gaps } = anInbox({ isNote });
    push(0);
    inbox.interrupt();
    await inbox.unsubscribe();
    expect(await inbox.next()).toEqual({ done: true, value: undefined });
    expect(gaps).toEqual([]);
  });
});

describe('an inbox that conflates', () => {
  function aTable(maxMessages = 100) {
    const gaps: Gap[] = [];
    const inbox = new Inbox<unknown[]>({
      request: commandRequest('hgetall', { table: 't' }),
      topic: 't',
      limits: { maxMessages, maxBytes: 1e9 },
      overflow: 'conflate',
      onGap: (gap) => void gaps.push(gap),
      itemOf: ({ change }) => [change?.key, change?.value?.value.value, change?.old?.value.value],
      onEnd: async () => {},
    });
    const push = (key: string, value: bigint, old?: bigint, missed = 0): void => {
      const before = old === undefined ? undefined : valueToMessage(old);
      const values = { value: valueToMessage(value), old: before, oldKnown: true };
      const change = { key, cause: 'set', ...values };
      inbox.receive({ ...okResponse([]), change }, missed);
    };
    const all = async (count: number) =>
      Array.from(
        await Promise.all(Array.from({ length: count }, () => inbox.next())),
        ({ value }) => value,
      );
    return { inbox, gaps, push, all };
  }

  it('gives of each key the last change, where that came, with the value from before the first', async () => {
    const { push, all } = aTable();
    push('a', 1n);
    push('b', 2n);
    push('a', 3n, 1n);
    push('a', 4n, 3n);
    push('c', 5n);
    expect(await all(3)).toEqual([
      ['b', 2n, undefined],
      ['a', 4n, undefined],
      ['c', 5n, undefined],
    ]);
    push('a', 6n, 4n);
    push('a', 7n, 6n);
    expect(await all(1)).toEqual([['a', 7n, 4n]]);
  });

  it('has room for however many changes of as many keys as may wait, and tells of what of more is missing', async () => {
    const { push, all, gaps } = aTable(2);
    for (let i = 1n; i <= 1000n; i++) push(i % 2n === 0n ? 'a' : 'b', i);
    expect(gaps).toEqual([]);
    push('c', 1n);
    expect(await all(2)).toEqual([
      ['a', 1000n, undefined],
      ['c', 1n, undefined],
    ]);
    expect(gaps).toEqual([{ missed: 1 }]);
  });

  it('tells of what is missing before a change whose place another has taken', async () => {
    const { push, all, gaps } = aTable();
    push('a', 1n);
    push('b', 1n, undefined, 3);
    push('b', 2n);
    expect(await all(2)).toEqual([
      ['a', 1n, undefined],
      ['b', 2n, undefined],
    ]);
    expect(gaps).toEqual([{ missed: 3 }]);
  });
});
