import { KvError, type Overflow, valueToMessage } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { RecordingSink } from '../testing/recording-sink.js';
import { Topics } from '../topics/topics.js';
import type { Subscription } from './subscription.js';
import type { SubscriptionSource } from './subscription-source.js';
import { type SubscriptionLimits, Subscriptions } from './subscriptions.js';

interface Setting {
  readonly sink: RecordingSink;
  readonly subscriptions: Subscriptions;
  /** Subscribes to a topic, and starts. */
  subscribe(topic: string, options?: Options): Subscription;
  /** @returns how many got it. */
  publish(topic: string, ...values: string[]): number;
}

interface Options {
  readonly maxMessages?: number;
  readonly maxBytes?: number;
  readonly overflow?: Overflow;
}

function aPeer(limits: Partial<SubscriptionLimits> = {}): Setting {
  const topics = new Topics();
  const sink = new RecordingSink();
  const subscriptions = new Subscriptions(sink, {
    maxSubscriptions: 10,
    maxWaitingBytes: 100_000,
    ...limits,
  });
  return {
    sink,
    subscriptions,
    subscribe(topic, { maxMessages = 3, maxBytes = 10_000, overflow = 'error' } = {}) {
      const settings = { limits: { maxMessages, maxBytes }, overflow };
      const subscription = subscriptions.open(topics.topic(topic), settings);
      subscription.start();
      return subscription;
    },
    publish: (topic, ...values) => topics.publish(topic, values.map(valueToMessage)),
  };
}

/** Lets the peer take so many more. */
function take({ sink, subscriptions }: Setting, count: number): void {
  sink.room = count;
  subscriptions.pushMore();
}

describe('a subscription', () => {
  it('has what comes before it is started wait, and then come first', () => {
    const { sink, subscriptions, publish } = aPeer();
    const topics = new Topics();
    const limits = { maxMessages: 3, maxBytes: 1000 };
    const opened = subscriptions.open(topics.topic('a'), { limits, overflow: 'error' });
    expect(topics.publish('a', [valueToMessage('1')])).toBe(1);
    expect(sink.pushes).toEqual([]);
    opened.start();
    topics.publish('a', [valueToMessage('2')]);
    expect(sink.summary).toEqual([
      [1, '1'],
      [1, '2'],
    ]);
    expect(publish('a')).toBe(0);
  });

  it('gets what waits before what comes later, as soon as the peer takes it', () => {
    const peer = aPeer();
    peer.subscribe('a');
    peer.sink.room = 1;
    for (const value of ['1', '2', '3']) expect(peer.publish('a', value)).toBe(1);
    expect(peer.sink.summary).toEqual([[1, '1']]);
    take(peer, 1);
    peer.publish('a', '4');
    take(peer, 9);
    peer.publish('a', '5');
    expect(peer.sink.summary.map((push) => (push as unknown[])[1])).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
    ]);
    expect(peer.subscriptions.waitingBytes).toBe(0);
  });

  it('gets what waits first, also if it takes more again before that is pushed', () => {
    const peer = aPeer();
    peer.subscribe('a');
    peer.sink.room = 0;
    peer.publish('a', '1');
    peer.sink.room = 9;
    peer.publish('a', '2');
    expect(peer.sink.summary).toEqual([
      [1, '1'],
      [1, '2'],
    ]);
  });

  it.each<[string, (subscription: Subscription) => void]>([
    ['is closed', (subscription) => subscription.close()],
    ['is ended', (subscription) => subscription.end(new KvError('UNAVAILABLE', 'closed'))],
    [
      'is ended and closed',
      (subscription) => {
        subscription.end(new KvError('UNAVAILABLE', 'closed'));
        subscription.close();
      },
    ],
  ])('joins what it is to, and leaves it once when it %s', (_, end) => {
    const log: string[] = [];
    const source: SubscriptionSource = {
      weight: 1,
      isCalled: () => true,
      join: () => void log.push('join'),
      leave: () => void log.push('leave'),
    };
    const { subscriptions } = aPeer();
    const limits = { maxMessages: 3, maxBytes: 1000 };
    end(subscriptions.open(source, { limits, overflow: 'error' }));
    expect(log).toEqual(['join', 'leave']);
  });

  it('takes turns with the others of its peer', () => {
    const peer = aPeer();
    for (const topic of ['a', 'b']) peer.subscribe(topic);
    peer.sink.room = 0;
    for (const value of ['1', '2']) peer.publish('a', value);
    peer.publish('b', '3');
    take(peer, 9);
    expect(peer.sink.summary).toEqual([
      [1, '1'],
      [2, '3'],
      [1, '2'],
    ]);
  });

  it('is not delivered to any more once it is closed, and what waits is gone', () => {
    const peer = aPeer();
    const subscription = peer.subscribe('a');
    peer.sink.room = 0;
    peer.publish('a', '1');
    subscription.close();
    subscription.close();
    expect(peer.publish('a', '2')).toBe(0);
    take(peer, 9);
    expect(peer.sink.pushes).toEqual([]);
    expect([peer.subscriptions.size, peer.subscriptions.waitingBytes]).toEqual([0, 0]);
  });
});

describe('a subscriber that is too slow', () => {
  it.each<[string, Options, Partial<SubscriptionLimits>]>([
    ['messages', { maxMessages: 2 }, {}],
    ['bytes', { maxBytes: 200 }, {}],
    ['bytes of all its subscriptions', {}, { maxWaitingBytes: 200 }],
  ])('is dropped, when that is too many %s, and told why', (_, options, limits) => {
    const peer = aPeer(limits);
    peer.subscribe('a', options);
    peer.subscribe('b');
    peer.sink.room = 0;
    expect(['1', '2', '3', '4'].map((value) => peer.publish('a', value))).toEqual([1, 1, 0, 0]);
    expect(peer.publish('b', 'fine')).toBe(1);
    take(peer, 9);
    expect(peer.sink.summary).toEqual([
      [1, 429],
      [2, 'fine'],
    ]);
    expect([peer.subscriptions.size, peer.subscriptions.waitingBytes]).toEqual([1, 0]);
    expect(peer.publish('b', 'still')).toBe(1);
  });

  it('misses what is oldest if it has asked for that, and is told how many', () => {
    const peer = aPeer();
    peer.subscribe('a', { maxMessages: 2, overflow: 'drop-oldest' });
    peer.sink.room = 0;
    for (const value of ['1', '2', '3', '4', '5']) expect(peer.publish('a', value)).toBe(1);
    take(peer, 9);
    peer.publish('a', '6');
    expect(peer.sink.pushes).toMatchObject([
      { values: ['4'], missed: 3 },
      { values: ['5'], missed: 0 },
      { values: ['6'], missed: 0 },
    ]);
    expect(peer.subscriptions.waitingBytes).toBe(0);
  });

  it('holds up nobody', () => {
    const topics = new Topics();
    const settings = { limits: { maxMessages: 1, maxBytes: 1000 }, overflow: 'error' } as const;
    const sinks = [new RecordingSink(), new RecordingSink(), new RecordingSink()];
    for (const sink of sinks) {
      const subscriptions = new Subscriptions(sink, { maxSubscriptions: 1, maxWaitingBytes: 1000 });
      subscriptions.open(topics.topic('a'), settings).start();
    }
    (sinks[1] as RecordingSink).room = 0;
    const counts = ['1', '2', '3'].map((value) => topics.publish('a', [valueToMessage(value)]));
    expect(counts).toEqual([3, 2, 2]);
    expect(sinks.map(({ pushes }) => pushes.length)).toEqual([3, 0, 3]);
  });

  it('that drops what is oldest gives up its own, where all of a peer have no more room', () => {
    const peer = aPeer({ maxWaitingBytes: 1000 });
    peer.subscribe('a', { maxMessages: 100, overflow: 'drop-oldest' });
    peer.subscribe('b', { maxMessages: 100 });
    peer.sink.room = 0;
    for (let i = 0; i < 50; i++) peer.publish('a', String(i));
    expect(peer.publish('b', 'no room')).toBe(0);
    take(peer, 99);
    const [last, ...rest] = peer.sink.pushes.filter(({ id }) => id === 1).reverse();
    expect(last?.values).toEqual(['49']);
    const missed = [last, ...rest].reduce((sum, push) => sum + (push?.missed ?? 0), 0);
    expect([missed + rest.length + 1, missed > 0]).toEqual([50, true]);
    expect(peer.sink.pushes.filter(({ id }) => id === 2).map(({ status }) => status)).toEqual([
      429,
    ]);
  });

  it('has one message wait, however large it is for all its subscriptions', () => {
    const peer = aPeer({ maxWaitingBytes: 200 });
    peer.subscribe('a');
    peer.sink.room = 0;
    const large = 'x'.repeat(1000);
    expect([peer.publish('a', large), peer.publish('a', '2')]).toEqual([1, 0]);
    peer.subscribe('b');
    expect(peer.publish('b', large)).toBe(1);
    take(peer, 9);
    expect(peer.sink.summary).toEqual([
      [1, 429],
      [2, large],
    ]);
  });

  it('makes room for others of its peer when it is dropped', () => {
    const peer = aPeer({ maxSubscriptions: 1 });
    peer.subscribe('a', { maxMessages: 1 });
    peer.sink.room = 0;
    for (const value of ['1', '2']) peer.publish('a', value);
    take(peer, 1);
    expect(peer.subscribe('b').id).toBe(2);
  });
});

describe('a message that is too large for the protocol of a peer', () => {
  it.each(['at once', 'after it has waited'])('ends the subscription, %s', (when) => {
    const peer = aPeer();
    peer.subscribe('a');
    peer.sink.maxValues = 1;
    if (when !== 'at once') peer.sink.room = 0;
    peer.publish('a', '1');
    expect(peer.publish('a', 'too', 'large')).toBe(when === 'at once' ? 0 : 1);
    peer.publish('a', '2');
    take(peer, 9);
    expect(peer.sink.summary).toEqual([
      [1, '1'],
      [1, 413],
    ]);
    expect(peer.subscriptions.size).toBe(0);
  });
});

describe('all subscriptions of a peer', () => {
  it('can be ended at once, and the peer hears no more', () => {
    const peer = aPeer();
    for (const topic of ['a', 'b']) peer.subscribe(topic);
    peer.subscriptions.close();
    expect(peer.publish('a', '1')).toBe(0);
    expect([peer.subscriptions.size, peer.sink.pushes]).toEqual([0, []]);
  });

  it('can be ended for a reason, which the peer is told when it takes it', () => {
    const peer = aPeer();
    for (const topic of ['a', 'b']) peer.subscribe(topic);
    peer.sink.room = 1;
    peer.subscriptions.end(new KvError('UNAVAILABLE', 'closed'));
    expect([peer.publish('a', '1'), peer.publish('b', '1')]).toEqual([0, 0]);
    expect(peer.sink.summary).toEqual([[1, 503]]);
    take(peer, 9);
    expect(peer.sink.summary).toEqual([
      [1, 503],
      [2, 503],
    ]);
    expect(peer.subscriptions.size).toBe(0);
  });

  it('say nothing any more once they are closed, though they were ended and not started', () => {
    const { sink, subscriptions } = aPeer();
    const limits = { maxMessages: 3, maxBytes: 1000 };
    const source = new Topics().topic('a');
    const [told, untold] = [1, 2].map(() =>
      subscriptions.open(source, { limits, overflow: 'error' }),
    );
    subscriptions.end(new KvError('UNAVAILABLE', 'closed'));
    untold?.close();
    untold?.start();
    expect(sink.summary).toEqual([]);
    told?.start();
    expect(sink.summary).toEqual([[1, 503]]);
  });

  it('have ids of their own, none of them twice', () => {
    const peer = aPeer();
    expect(peer.subscribe('a').id).toBe(1);
    peer.subscriptions.find(1)?.close();
    expect(peer.subscribe('a').id).toBe(2);
    expect([peer.subscriptions.find(1), peer.subscriptions.find(3)]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
