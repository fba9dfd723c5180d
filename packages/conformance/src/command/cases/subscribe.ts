import { DEFAULT_LIMITS } from '@kv/core';
import type { CommandCase } from '../command-case.js';
import { failed, invalid, ok } from '../expected-response.js';
import { publish, subscribe, toTopic, unsubscribe } from '../requests.js';
import { awkwardNames } from '../sample-values.js';

const longest = 't'.repeat(DEFAULT_LIMITS.maxTopicBytes);

/** Names that can be neither a topic nor a pattern. */
const tooLong: readonly (readonly [title: string, name: string])[] = [
  ['beyond its limit', `${longest}t`],
  ['beyond its limit in bytes', 'é'.repeat(DEFAULT_LIMITS.maxTopicBytes / 2 + 1)],
];

export const subscribeCases: readonly CommandCase<'subscribe'>[] = [
  {
    title: 'answers the id of the subscription, an integer: 1 for the first of a connection',
    needs: 'push',
    request: toTopic('topic'),
    response: ok(1n),
  },
  {
    title: 'answers another id for each, also if it is to the same topic',
    needs: 'push',
    given: [subscribe('topic')],
    request: toTopic('topic'),
    response: ok(2n),
    afterwards: [{ request: publish('topic'), response: { ...ok(), delivered: 2 } }],
  },
  {
    title: 'answers no id again',
    needs: 'push',
    given: [subscribe('topic'), unsubscribe('topic', 1)],
    request: toTopic('topic'),
    response: ok(2n),
  },
  {
    title: 'takes a pattern in place of a topic',
    needs: 'push',
    request: { ...toTopic(''), pattern: 'chat.*' },
    response: ok(1n),
    afterwards: [
      { request: publish('chat.news'), response: { ...ok(), delivered: 1 } },
      { request: publish('chat.'), response: { ...ok(), delivered: 1 } },
      { request: publish('chat'), response: { ...ok(), delivered: 0 } },
      { request: publish('my.chat.news'), response: { ...ok(), delivered: 0 } },
    ],
  },
  {
    title: 'takes the characters of a topic for themselves, and of a pattern those but the star',
    needs: 'push',
    given: [subscribe('a*')],
    request: { ...toTopic(''), pattern: '[a].?*$' },
    response: ok(2n),
    afterwards: [
      { request: publish('ab'), response: { ...ok(), delivered: 0 } },
      { request: publish('a*'), response: { ...ok(), delivered: 1 } },
      { request: publish('[a].?.$'), response: { ...ok(), delivered: 1 } },
    ],
  },
  {
    title: 'takes a topic as long as it may be',
    needs: 'push',
    request: toTopic(longest),
    response: ok(1n),
  },
  ...awkwardNames.map((name) => ({
    title: `takes the topic ${name}, which is a name like any other`,
    needs: 'push' as const,
    request: toTopic(name),
    response: ok(1n),
    afterwards: [
      { request: publish(name), response: { ...ok(), delivered: 1 } },
      { request: publish('other'), response: { ...ok(), delivered: 0 } },
    ],
  })),
  ...tooLong.map(([title, name]) => ({
    title: `a topic ${title} is refused`,
    request: toTopic(name),
    response: failed(413),
  })),
  ...tooLong.map(([title, name]) => ({
    title: `a pattern ${title} is refused`,
    request: { ...toTopic(''), pattern: name },
    response: failed(413),
  })),
  {
    title: 'the empty topic is refused',
    request: toTopic(''),
    response: invalid('topic must not be empty'),
  },
  {
    title: 'both a topic and a pattern are refused',
    request: { ...toTopic('topic'), pattern: 'topic' },
    response: invalid(),
  },
  {
    title: 'an overflow policy that there is not is refused',
    request: { ...toTopic('topic'), overflow: 'block' },
    response: invalid(),
  },
];
