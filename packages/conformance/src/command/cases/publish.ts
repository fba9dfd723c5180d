import { DEFAULT_LIMITS } from '@kv/core';
import { valueToMessage } from '@kv/protocol';
import type { CommandCase } from '../command-case.js';
import { failed, invalid, ok } from '../expected-response.js';
import { publish, subscribe, subscribeToPattern, unsubscribe } from '../requests.js';
import { sampleValues } from '../sample-values.js';

const data = [valueToMessage('news')];

export const publishCases: readonly CommandCase<'publish'>[] = [
  {
    title: 'answers that nobody got it, if nobody is subscribed',
    request: { topic: 'topic', data },
    response: { ...ok(), delivered: 0 },
  },
  {
    title: 'answers how many subscriptions got it, those to patterns among them',
    needs: 'push',
    given: [
      subscribe('topic'),
      subscribe('topic'),
      subscribe('other'),
      subscribeToPattern('top*'),
      subscribeToPattern('*'),
      subscribeToPattern('*s'),
    ],
    request: { topic: 'topic', data },
    response: { ...ok(), delivered: 4 },
  },
  {
    title: 'answers no more for those who have unsubscribed',
    needs: 'push',
    given: [subscribe('topic'), subscribe('topic'), unsubscribe('topic', 1)],
    request: { topic: 'topic', data },
    response: { ...ok(), delivered: 1 },
  },
  {
    title: 'takes values of every type',
    request: { topic: 'topic', data: sampleValues.map(([, value]) => valueToMessage(value)) },
    response: { ...ok(), delivered: 0 },
  },
  {
    title: 'takes a message without values',
    request: { topic: 'topic', data: [] },
    response: { ...ok(), delivered: 0 },
  },
  {
    title: 'keeps nothing for who subscribes later',
    needs: 'push',
    given: [publish('topic'), subscribe('topic')],
    request: { topic: 'topic', data },
    response: { ...ok(), delivered: 1 },
  },
  {
    title: 'the empty topic is refused',
    request: { topic: '', data },
    response: invalid('topic must not be empty'),
  },
  {
    title: 'a topic beyond its limit is refused',
    request: { topic: 't'.repeat(DEFAULT_LIMITS.maxTopicBytes + 1), data },
    response: failed(413),
  },
  {
    title: 'an empty value is refused',
    given: [],
    request: { topic: 'topic', data: [...data, { value: { case: undefined } }] },
    response: invalid('a message must have a value'),
  },
];
