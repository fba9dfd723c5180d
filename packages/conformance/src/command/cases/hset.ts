import { badNameCases, longestKey, longestTable } from '../bad-names.js';
import type { CommandCase } from '../command-case.js';
import { invalid, notFound, ok, okPairs } from '../expected-response.js';
import { hdel, hget, hgetall, hset, pair } from '../requests.js';
import { awkwardNames, sampleValues } from '../sample-values.js';

const nothingStored = [{ request: hgetall('table'), response: okPairs() }];

export const hsetCases: readonly CommandCase<'hset'>[] = [
  {
    title: 'answers an empty value for a key that is new',
    request: { table: 'table', pair: pair('key', 'value') },
    response: ok(null),
    afterwards: [{ request: hget('table', 'key'), response: ok('value') }],
  },
  ...sampleValues.map(([title, value]) => ({
    title: `answers the value it replaces: ${title}`,
    given: [hset('table', 'key', value)],
    request: { table: 'table', pair: pair('key', 'new') },
    response: ok(value),
    afterwards: [{ request: hget('table', 'key'), response: ok('new') }],
  })),
  ...sampleValues.map(([title, value]) => ({
    title: `stores ${title} in place of something else`,
    given: [hset('table', 'key', 'old')],
    request: { table: 'table', pair: pair('key', value) },
    response: ok('old'),
    afterwards: [{ request: hget('table', 'key'), response: ok(value) }],
  })),
  {
    title: 'answers an empty value for a key that was deleted',
    given: [hset('table', 'key', 'old'), hdel('table', 'key')],
    request: { table: 'table', pair: pair('key', 'new') },
    response: ok(null),
  },
  {
    title: 'changes no other key and no other table',
    given: [hset('table', 'other', 1n), hset('other', 'key', 2n)],
    request: { table: 'table', pair: pair('key', 3n) },
    response: ok(null),
    afterwards: [
      { request: hget('table', 'other'), response: ok(1n) },
      { request: hget('other', 'key'), response: ok(2n) },
    ],
  },
  {
    title: 'takes a table and a key as long as they may be',
    request: { table: longestTable, pair: pair(longestKey, 'value') },
    response: ok(null),
    afterwards: [
      { request: hget(longestTable, longestKey), response: ok('value') },
      { request: hgetall(longestTable), response: okPairs([longestKey, 'value']) },
    ],
  },
  ...awkwardNames.map((name) => ({
    title: `stores ${name} in the table ${name}, which are names like any other`,
    request: { table: name, pair: pair(name, 'value') },
    response: ok(null),
    afterwards: [
      { request: hget(name, name), response: ok('value') },
      { request: hget('other', name), response: notFound('other', name) },
    ],
  })),
  ...badNameCases<'hset'>((table, key) => ({ table, pair: pair(key, 'value') })),
  {
    title: 'refuses a message without a pair',
    request: { table: 'table' },
    response: invalid(),
    afterwards: nothingStored,
  },
  {
    title: 'refuses a pair without a value',
    request: { table: 'table', pair: { key: 'key' } },
    response: invalid(),
    afterwards: nothingStored,
  },
  {
    title: 'refuses a pair with an empty value',
    request: { table: 'table', pair: { key: 'key', value: { value: { case: undefined } } } },
    response: invalid(),
    afterwards: nothingStored,
  },
  {
    title: 'keeps what is stored when the pair that would replace it is refused',
    given: [hset('table', 'key', 'old')],
    request: { table: 'table', pair: { key: 'key' } },
    response: invalid(),
    afterwards: [{ request: hget('table', 'key'), response: ok('old') }],
  },
];
