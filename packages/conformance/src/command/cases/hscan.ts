import { DEFAULT_LIMITS } from '@kv/core';
import { badTableCases, longestKey, longestTable } from '../bad-names.js';
import type { CommandCase } from '../command-case.js';
import { failed, invalid, ok, okPairs } from '../expected-response.js';
import { hget, hmset, hset } from '../requests.js';
import { awkwardNames, sampleValues } from '../sample-values.js';

/** The first page of a table, of as many pairs as the server likes. */
const first = { cursor: new Uint8Array(0), limit: 0, prefix: '' };

const neverGiven: readonly (readonly [title: string, cursor: Uint8Array])[] = [
  ['of one byte', Uint8Array.of(0)],
  ['that is text', new TextEncoder().encode('the next page')],
  ['of zeros', new Uint8Array(16)],
  ['of 1 MiB', new Uint8Array(1024 * 1024).fill(0xff)],
];

export const hscanCases: readonly CommandCase<'hscan'>[] = [
  {
    title: 'answers every pair of a small table, of no other, and no cursor',
    given: [hmset('table', ['a', 1n], ['b', 2n]), hset('table', 'c', 3n), hset('other', 'd', 4n)],
    request: { ...first, table: 'table' },
    response: okPairs(['a', 1n], ['b', 2n], ['c', 3n]),
  },
  {
    title: 'answers the pairs whose keys begin with the prefix',
    given: [hmset('table', ['u:1', 1n], ['u', 2n], ['U:2', 3n], ['xu:3', 4n], ['u:é', 5n])],
    request: { ...first, table: 'table', prefix: 'u:' },
    response: okPairs(['u:1', 1n], ['u:é', 5n]),
  },
  {
    title: 'takes the characters of patterns in a prefix for themselves',
    given: [hmset('table', ['a%', 1n], ['ab', 2n], ['a%b', 3n], ['*', 4n])],
    request: { ...first, table: 'table', prefix: 'a%' },
    response: okPairs(['a%', 1n], ['a%b', 3n]),
  },
  {
    title: 'answers values of every type',
    given: [hmset('table', ...sampleValues)],
    request: { ...first, table: 'table' },
    response: okPairs(...sampleValues),
  },
  {
    title: 'answers no pairs for an unknown table',
    given: [hset('other', 'key', 'value')],
    request: { ...first, table: 'table' },
    response: okPairs(),
  },
  {
    title: 'answers no pairs for a prefix that no key has',
    given: [hset('table', 'key', 'value')],
    request: { ...first, table: 'table', prefix: 'keys' },
    response: okPairs(),
  },
  {
    title: 'answers keys that objects have anyway',
    given: awkwardNames.map((name) => hset('table', name, name)),
    request: { ...first, table: 'table' },
    response: okPairs(...awkwardNames.map((name): [string, string] => [name, name])),
  },
  {
    title: 'takes any limit, though it answers no more than its own',
    given: [hset('table', 'key', 'value')],
    request: { ...first, table: 'table', limit: 2 ** 32 - 1 },
    response: okPairs(['key', 'value']),
  },
  {
    title: 'takes a table and a prefix as long as they may be',
    given: [hset(longestTable, longestKey, 'value')],
    request: { ...first, table: longestTable, prefix: longestKey },
    response: okPairs([longestKey, 'value']),
  },
  ...neverGiven.map(([title, cursor]) => ({
    title: `refuses a cursor that was never given out, ${title}, and loses nothing else`,
    given: [hset('table', 'key', 'value')],
    request: { ...first, table: 'table', cursor },
    response: invalid(
      'cursor was not given out for this table and prefix, or not since the server was started',
    ),
    afterwards: [{ request: hget('table', 'key'), response: ok('value') }],
  })),
  {
    title: 'refuses a prefix longer than a key may be',
    request: { ...first, table: 'table', prefix: 'k'.repeat(DEFAULT_LIMITS.maxKeyBytes + 1) },
    response: failed(413),
  },
  ...badTableCases<'hscan'>((table) => ({ ...first, table })),
];
