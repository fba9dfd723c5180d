import { valueToMessage } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { Subscriptions } from '../subscriptions/subscriptions.js';
import { RecordingSink } from '../testing/recording-sink.js';
import { Topics } from './topics.js';

const SETTINGS = { limits: { maxMessages: 10, maxBytes: 1000 }, overflow: 'error' } as const;
const LIMITS = { maxSubscriptions: 1000, maxWaitingBytes: 10_000 };

/** A peer that is subscribed to topics and patterns, in this order. */
function subscriber(
  topics: Topics,
  ...names: readonly (string | { pattern: string })[]
): { sink: RecordingSink; subscriptions: Subscriptions } {
  const sink = new RecordingSink();
  const subscriptions = new Subscriptions(sink, LIMITS);
  for (const name of names) {
    const source = typeof name === 'string' ? topics.topic(name) : topics.pattern(name.pattern);
    subscriptions.open(source, SETTINGS).start();
  }
  return { sink, subscriptions };
}

const publish = (topics: Topics, topic: string, value = topic): number =>
  topics.publish(topic, [valueToMessage(value)]);

describe('what is published to a topic', () => {
  it('goes to all who are subscribed to it, and to nobody else', () => {
    const topics = new Topics();
    const [one, other] = [subscriber(topics, 'a', 'b'), subscriber(topics, 'a')];
    expect(publish(topics, 'a')).toBe(2);
    expect(publish(topics, 'b')).toBe(1);
    expect(publish(topics, 'c')).toBe(0);
    expect(one.sink.summary).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(other.sink.summary).toEqual([[1, 'a']]);
    expect(one.sink.pushes[0]).toMatchObject({ topic: 'a', missed: 0 });
  });

  it('goes to patterns as well, once to each subscription', () => {
    const topics = new Topics();
    const { sink } = subscriber(topics, 'chat.a', { pattern: 'chat.*' }, { pattern: '*' });
    expect(publish(topics, 'chat.a', 'hi')).toBe(3);
    expect(sink.summary).toEqual([
      [1, 'hi'],
      [2, 'hi'],
      [3, 'hi'],
    ]);
  });

  it('comes in the order in which it was published', () => {
    const topics = new Topics();
    const { sink } = subscriber(topics, 'a', { pattern: '*' });
    for (const value of ['1', '2', '3']) publish(topics, value === '2' ? 'b' : 'a', value);
    expect(sink.pushes.filter(({ id }) => id === 2).map(({ values }) => values[0])).toEqual([
      '1',
      '2',
      '3',
    ]);
  });

  it('takes names that are properties of Object as any other', () => {
    const topics = new Topics();
    subscriber(topics, '__proto__');
    expect(publish(topics, '__proto__')).toBe(1);
    expect(publish(topics, 'constructor')).toBe(0);
  });

  it('goes to nobody any more who has left, from within the delivery too', () => {
    const topics = new Topics();
    const others = [subscriber(topics, 'a'), subscriber(topics, 'a'), subscriber(topics, 'a')];
    const [first, second] = others;
    const push = first?.sink.push.bind(first.sink);
    Object.assign(first?.sink ?? {}, {
      push: (...args: Parameters<RecordingSink['push']>) => {
        second?.subscriptions.close();
        return push?.(...args) ?? false;
      },
    });
    expect(publish(topics, 'a')).toBe(2);
    expect(others.map(({ sink }) => sink.pushes.length)).toEqual([1, 0, 1]);
    for (const { subscriptions } of others) subscriptions.close();
    expect(publish(topics, 'a')).toBe(0);
  });
});
