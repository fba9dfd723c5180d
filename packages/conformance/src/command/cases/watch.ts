import { badTableCases } from '../bad-names.js';
import type { CommandCase } from '../command-case.js';
import { type ExpectedResponse, failed, invalid, ok } from '../expected-response.js';
import { hset, ofTable, subscribe, unsubscribe } from '../requests.js';

/** A position of the storage's own. */
const position = { epoch: 0n, sequence: 0n };

const watching = (id: bigint): ExpectedResponse => ({ ...ok(id), position });

export const watchCases: readonly CommandCase<'watch'>[] = [
  {
    title: 'answers the id of the subscription, and a position',
    needs: 'push',
    request: ofTable('table'),
    response: watching(1n),
  },
  {
    title: 'answers ids that are none of those of subscriptions to topics',
    needs: 'push',
    given: [subscribe('topic'), hset('table', 'key', 1n)],
    request: { ...ofTable('table'), key: 'key' },
    response: watching(2n),
    afterwards: [
      { request: unsubscribe('', 2), response: ok() },
      { request: unsubscribe('', 2), response: failed(404) },
    ],
  },
  {
    title: 'takes the beginning of keys, and what may wait',
    needs: 'push',
    request: {
      ...ofTable('table'),
      prefix: 'k',
      maxMessages: 5,
      maxBytes: 5,
      overflow: 'drop-oldest',
    },
    response: watching(1n),
    afterwards: [{ request: unsubscribe('table', 1), response: failed(404) }],
  },
  ...badTableCases<'watch'>(ofTable),
  {
    title: 'a key and the beginning of one are refused',
    request: { ...ofTable('table'), key: 'k', prefix: 'k' },
    response: invalid('there may be a key or a prefix, not both'),
  },
  {
    title: 'an overflow policy that there is not is refused',
    request: { ...ofTable('table'), overflow: 'block' },
    response: invalid(),
  },
];
