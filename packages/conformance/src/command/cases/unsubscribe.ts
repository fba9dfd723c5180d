import type { CommandCase } from '../command-case.js';
import { failed, ok } from '../expected-response.js';
import { publish, subscribe, subscribeToPattern } from '../requests.js';

export const unsubscribeCases: readonly CommandCase<'unsubscribe'>[] = [
  {
    title: 'ends the subscription of this id, and no other',
    needs: 'push',
    given: [subscribe('topic'), subscribe('topic')],
    request: { topic: 'topic', id: 1 },
    response: ok(),
    afterwards: [{ request: publish('topic'), response: { ...ok(), delivered: 1 } }],
  },
  ...['', 'chat.*'].map((topic) => ({
    title: `ends a subscription to a pattern, which is called '${topic}'`,
    needs: 'push' as const,
    given: [subscribeToPattern('chat.*')],
    request: { topic, id: 1 },
    response: ok(),
    afterwards: [{ request: publish('chat.news'), response: { ...ok(), delivered: 0 } }],
  })),
  {
    title: 'answers 404 for an id that was never given out',
    needs: 'push',
    given: [subscribe('topic')],
    request: { topic: 'topic', id: 2 },
    response: failed(404),
    afterwards: [{ request: publish('topic'), response: { ...ok(), delivered: 1 } }],
  },
  {
    title: 'answers 404 for a topic that is not that of the id',
    needs: 'push',
    given: [subscribe('topic'), subscribe('other')],
    request: { topic: 'other', id: 1 },
    response: failed(404),
    afterwards: [{ request: publish('topic'), response: { ...ok(), delivered: 1 } }],
  },
  {
    title: 'answers 404 for no topic, if the subscription is to one',
    needs: 'push',
    given: [subscribe('topic')],
    request: { topic: '', id: 1 },
    response: failed(404),
  },
  {
    title: 'answers 404 for a pattern that is another',
    needs: 'push',
    given: [subscribeToPattern('chat.*')],
    request: { topic: 'chat.', id: 1 },
    response: failed(404),
  },
];
