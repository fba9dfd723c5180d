import {
  type CommandResponse,
  positionFromMessage,
  type QueueOverflow,
  valueFromMessage,
  valueToMessage,
} from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../limits.js';
import { MemoryStorage } from '../storage/memory-storage.js';
import type { PushSink } from '../subscriptions/push-sink.js';
import { Subscriptions } from '../subscriptions/subscriptions.js';
import { Topics } from '../topics/topics.js';
import { ChangeFilter } from './change-filter.js';
import { RecordingStorage } from './recording-storage.js';
import { WatchSource } from './watch-source.js';

interface Options {
  readonly key?: string;
  readonly overflow?: QueueOverflow;
  readonly maxMessages?: number;
}

/** A watch of table `t`, and what the peer is told, once it takes anything. */
function watching({ key = '', overflow = 'error', maxMessages = 100 }: Options = {}) {
  const storage = new RecordingStorage(new MemoryStorage());
  const pushed: [CommandResponse, missed: number][] = [];
  const sink = { ready: true };
  const pushSink: PushSink = {
    get ready() {
      return sink.ready;
    },
    push({ response }, _, missed) {
      pushed.push([response, missed]);
      return true;
    },
  };
  const limits = { maxSubscriptions: 10, maxWaitingBytes: 1e6 };
  const subscriptions = new Subscriptions(pushSink, limits);
  const filter = ChangeFilter.of(key, '', DEFAULT_LIMITS);
  const source = new WatchSource(storage, 't', filter);
  const queue = { limits: { maxMessages, maxBytes: 1e6 }, overflow };
  subscriptions.open(source, queue).start();
  const told = () =>
    pushed.map(([{ change, position, status }, missed]) => {
      const message = change?.position ?? position;
      const { sequence } =
        message === undefined ? { sequence: undefined } : positionFromMessage(message);
      const gap = missed > 0 ? [missed] : [];
      if (change === undefined) return [status, sequence, ...gap];
      const values = [change.value, change.old].map(valueFromMessage);
      return [change.key, ...values, sequence, ...gap];
    });
  return { storage, sink, subscriptions, told, source };
}

describe('a watch of one key', () => {
  it('tells how far it has come when there is much of other keys, and never of what is before that', () => {
    const { storage, told, source } = watching({ key: 'a' });
    const start = source.position.sequence;
    for (let i = 0; i < 1000; i++) storage.set('t', 'other', BigInt(i));
    const positions = told().map(([status, sequence]) => {
      expect(status).toBe(200);
      return sequence as number;
    });
    expect(positions.length).toBeGreaterThan(2);
    expect(positions.length).toBeLessThan(20);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    storage.set('t', 'a', 1n);
    expect(told().at(-1)).toEqual(['a', 1n, null, start + 1001]);
  });

  it('tells so sooner of large ones', () => {
    const { storage, told } = watching({ key: 'a' });
    storage.set('t', 'other', 'x'.repeat(100_000));
    expect(told()).toEqual([[200, storage.position.sequence]]);
  });

  it('does not while there are changes of its own', () => {
    const { storage, told } = watching({ key: 'a' });
    for (let i = 0; i < 2000; i++) storage.set('t', i % 100 === 0 ? 'a' : 'other', BigInt(i));
    expect(told().every(([key]) => key === 'a')).toBe(true);
  });
});

describe('how far a watch of a key has come', () => {
  it.each(['error', 'drop-oldest', 'conflate'] as const)(
    'takes no room among what waits, and is told when nothing does: %s',
    (overflow) => {
      const { storage, sink, subscriptions, told } = watching({
        ...{ key: 'a', maxMessages: 2, overflow },
      });
      const { sequence } = storage.position;
      sink.ready = false;
      const large = 'x'.repeat(70_000);
      storage.set('t', 'a', 1n);
      storage.set('t', 'b', large);
      storage.set('t', 'b', large);
      sink.ready = true;
      subscriptions.pushMore();
      expect(told()).toEqual([
        ['a', 1n, null, sequence + 1],
        [200, sequence + 3],
      ]);
      sink.ready = false;
      storage.set('t', 'b', large);
      storage.set('t', 'a', 2n);
      sink.ready = true;
      subscriptions.pushMore();
      expect(told().slice(2)).toEqual([['a', 2n, 1n, sequence + 5]]);
    },
  );
});

describe('a watch for which others of its peer leave no room', () => {
  it('is told where it has missed what it can read again, unless it is to end', () => {
    const { storage, sink, subscriptions, told } = watching({ overflow: 'drop-oldest' });
    const { sequence } = storage.position;
    const topics = new Topics();
    const limits = { maxMessages: 100, maxBytes: 1e9 };
    subscriptions.open(topics.topic('a'), { limits, overflow: 'error' }).start();
    sink.ready = false;
    topics.publish('a', [valueToMessage('x'.repeat(900_000))]);
    for (const value of ['y', 'z']) storage.set('t', 'k', value.repeat(200_000));
    sink.ready = true;
    subscriptions.pushMore();
    expect(told().slice(1)).toEqual([[200, sequence + 2, 2]]);
    expect(subscriptions.size).toBe(2);
  });
});

describe('a watch that conflates', () => {
  it('has of each key the last change wait, in the place of that, with the value from before the first', () => {
    const { storage, sink, subscriptions, told } = watching({ overflow: 'conflate' });
    const { sequence } = storage.position;
    storage.set('t', 'a', 1n);
    sink.ready = false;
    for (const [key, value] of [
      ['a', 2n],
      ['b', 3n],
      ['a', 4n],
      ['c', 5n],
    ] as const) {
      storage.set('t', key, value);
    }
    storage.del('t', 'b');
    sink.ready = true;
    subscriptions.pushMore();
    expect(told()).toEqual([
      ['a', 1n, null, sequence + 1],
      ['a', 4n, 1n, sequence + 4],
      ['c', 5n, null, sequence + 5],
      ['b', null, null, sequence + 6],
    ]);
  });

  it('is not too slow for however many changes of a few keys, and grows by none', () => {
    const { storage, sink, subscriptions, told } = watching({
      overflow: 'conflate',
      maxMessages: 3,
    });
    sink.ready = false;
    for (let i = 0; i < 10_000; i++) storage.set('t', `k${i % 3}`, BigInt(i));
    expect(subscriptions.waitingBytes).toBeLessThan(1000);
    sink.ready = true;
    subscriptions.pushMore();
    expect(told().map(([key, value]) => [key, value])).toEqual([
      ['k1', 9997n],
      ['k2', 9998n],
      ['k0', 9999n],
    ]);
    expect(subscriptions.waitingBytes).toBe(0);
  });

  it('of more keys than may wait drops the oldest, and tells so', () => {
    const { storage, sink, subscriptions, told } = watching({
      overflow: 'conflate',
      maxMessages: 2,
    });
    const { sequence } = storage.position;
    sink.ready = false;
    for (const key of ['a', 'b', 'c', 'd']) storage.set('t', key, 1n);
    sink.ready = true;
    subscriptions.pushMore();
    expect(told()).toEqual([
      ['c', 1n, null, sequence + 3, 2],
      ['d', 1n, null, sequence + 4],
    ]);
  });
});
