import { type CommandMessage, KvError, okResponse, valueToMessage } from '@kv/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CommandContext } from '../command-service.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { MemoryStorage } from '../storage/memory-storage.js';
import { Subscriptions } from '../subscriptions/subscriptions.js';
import { RecordingSink } from '../testing/recording-sink.js';
import { toTopic } from '../testing/topic-requests.js';
import { Topics } from '../topics/topics.js';
import { publish } from './publish.js';
import { subscribe } from './subscribe.js';
import { unsubscribe } from './unsubscribe.js';

const LIMITS = { maxSubscriptions: 102, maxWaitingBytes: 1000 };
const storage = new MemoryStorage();

let sink: RecordingSink;
let context: CommandContext & { readonly subscriptions: Subscriptions };
beforeEach(() => {
  sink = new RecordingSink();
  context = { storage, topics: new Topics(), subscriptions: new Subscriptions(sink, LIMITS) };
});

const news = { topic: 'news', data: [valueToMessage('rain')] };
const unsupported = new KvError('UNSUPPORTED', 'Nothing can be pushed to this peer');

describe('the commands of topics, called as the plain functions that they are', () => {
  it('subscribe, publish and unsubscribe', () => {
    expect(subscribe(toTopic('news'), context)).toEqual(okResponse([valueToMessage(1n)]));
    expect(publish(news, context)).toEqual({ ...okResponse([]), delivered: 1 });
    expect(sink.pushes).toEqual([]);
    context.subscriptions.takeOpened()?.start();
    expect(sink.summary).toEqual([[1, 'rain']]);
    expect(unsubscribe({ topic: 'news', id: 1 }, context)).toEqual(okResponse([]));
    expect(publish(news, context)).toMatchObject({ delivered: 0 });
  });

  it('need nobody who listens for what is published', () => {
    expect(publish(news, { storage })).toEqual({ ...okResponse([]), delivered: 0 });
  });

  it('refuse to subscribe a peer to which nothing can be pushed, though not what makes no sense', () => {
    const alone = { storage, topics: new Topics() };
    expect(() => subscribe(toTopic('news'), alone)).toThrow(unsupported);
    expect(() => subscribe(toTopic(''), alone)).toThrow(
      KvError.invalidCommand('topic must not be empty'),
    );
    expect(() => unsubscribe({ topic: 'news', id: 1 }, alone)).toThrow(unsupported);
  });

  it('name what is missing of a request that JavaScript has made', () => {
    const { pattern: _, ...incomplete } = toTopic('news');
    expect(() => subscribe(incomplete as never, context)).toThrow(
      KvError.invalidCommand('pattern must be a string, not undefined'),
    );
  });

  it('refuse more subscriptions than a peer may have, and leave nothing of them', () => {
    const tooMany = expect.objectContaining({ code: 'TOO_MANY_REQUESTS' });
    // One to a pattern costs more, and counts as a hundred.
    for (const besides of [{}, { topic: '', pattern: 'p*' }, {}]) {
      subscribe(toTopic('a', besides), context);
    }
    for (const besides of [{}, { topic: '', pattern: 'c' }]) {
      expect(() => subscribe(toTopic('c', besides), context)).toThrow(tooMany);
    }
    unsubscribe({ topic: 'a', id: 3 }, context);
    expect(() => subscribe(toTopic('', { pattern: 'c' }), context)).toThrow(tooMany);
    expect(publish({ ...news, topic: 'c' }, context)).toMatchObject({ delivered: 0 });
    unsubscribe({ topic: 'a', id: 1 }, context);
    expect(subscribe(toTopic('c'), context)).toMatchObject({ status: 200 });
    unsubscribe({ topic: 'p*', id: 2 }, context);
    expect(subscribe(toTopic('', { pattern: 'c' }), context)).toMatchObject({ status: 200 });
  });

  it('have the default limits, or those of their context', () => {
    const topic = 't'.repeat(256);
    const limits = { ...DEFAULT_LIMITS, maxTopicBytes: 256 };
    const tooLarge = expect.objectContaining({ code: 'TOO_LARGE' });
    expect(() => subscribe(toTopic(topic), context)).toThrow(tooLarge);
    expect(() => subscribe(toTopic('', { pattern: topic }), context)).toThrow(tooLarge);
    expect(() => publish({ topic, data: [] }, context)).toThrow(tooLarge);
    expect(subscribe(toTopic(topic), { ...context, limits })).toMatchObject({ status: 200 });
    expect(publish({ topic, data: [] }, { ...context, limits })).toMatchObject({ delivered: 1 });
  });

  it.each<Partial<CommandMessage<'subscribe'>>>([
    { topic: '' },
    { pattern: 'both' },
    { topic: '\ud800' },
    { topic: '', pattern: '\ud800' },
    { maxMessages: -1 },
    { maxBytes: 0.5 },
    { overflow: 'block' },
    { overflow: 'toString' },
    JSON.parse('{ "topic": null }'),
    JSON.parse('{ "pattern": 1 }'),
    JSON.parse('{ "maxMessages": "9" }'),
    JSON.parse('{ "overflow": {} }'),
  ])('refuse what makes no sense: %o', (besides) => {
    expect(() => subscribe(toTopic('news', besides), context)).toThrow(
      expect.objectContaining({ code: 'INVALID_COMMAND' }),
    );
  });

  it.each<CommandMessage<'publish'>>([
    { topic: '', data: [] },
    { topic: 't', data: [{ value: { case: undefined } }] },
    { topic: 't', data: new Array(1) },
    JSON.parse('{ "topic": "t" }'),
    JSON.parse('{ "topic": "t", "data": ["v"] }'),
    JSON.parse('{ "topic": "t", "data": [{ "value": { "case": "integer", "value": 1 } }] }'),
  ])('refuse to publish what makes no sense: %o', (message) => {
    expect(() => publish(message, context)).toThrow(
      expect.objectContaining({ code: 'INVALID_COMMAND' }),
    );
  });

  it('keep a copy of what is published, for it may wait', () => {
    subscribe(toTopic('news'), context);
    const bytes = Uint8Array.of(1, 2);
    publish({ topic: 'news', data: [valueToMessage(bytes)] }, context);
    bytes.fill(9);
    context.subscriptions.takeOpened()?.start();
    expect(sink.pushes[0]?.values).toEqual([Uint8Array.of(1, 2)]);
  });
});
