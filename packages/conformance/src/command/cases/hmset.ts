import { badNameCases } from '../bad-names.js';
import type { CommandCase } from '../command-case.js';
import { invalid, ok, okPairs } from '../expected-response.js';
import { hget, hgetall, hmset, hset, pair } from '../requests.js';
import { awkwardNames, sampleValues } from '../sample-values.js';

export const hmsetCases: readonly CommandCase<'hmset'>[] = [
  {
    title: 'answers one old value per pair in the order of the pairs, an empty one for a new key',
    given: [hmset('table', ['a', 1n], ['b', 2n])],
    request: { table: 'table', pairs: [pair('b', 20n), pair('c', 30n), pair('a', 10n)] },
    response: ok(2n, null, 1n),
    afterwards: [
      { request: hgetall('table'), response: okPairs(['a', 10n], ['b', 20n], ['c', 30n]) },
    ],
  },
  {
    title: 'stores values of every type',
    request: { table: 'table', pairs: sampleValues.map(([key, value]) => pair(key, value)) },
    response: ok(...sampleValues.map(() => null)),
    afterwards: sampleValues.map(([key, value]) => ({
      request: hget('table', key),
      response: ok(value),
    })),
  },
  {
    title: 'sees, for each pair, the ones before it',
    given: [hset('table', 'key', 0n)],
    request: {
      table: 'table',
      pairs: [pair('key', 1n), pair('new', 1n), pair('key', 2n), pair('new', 2n)],
    },
    response: ok(0n, null, 1n, 1n),
    afterwards: [{ request: hgetall('table'), response: okPairs(['key', 2n], ['new', 2n]) }],
  },
  {
    title: 'answers no values for no pairs, and stores nothing',
    request: { table: 'table', pairs: [] },
    response: ok(),
    afterwards: [{ request: hgetall('table'), response: okPairs() }],
  },
  {
    title: 'stores names that objects have anyway',
    request: { table: '__proto__', pairs: awkwardNames.map((name) => pair(name, name)) },
    response: ok(...awkwardNames.map(() => null)),
    afterwards: awkwardNames.map((name) => ({
      request: hget('__proto__', name),
      response: ok(name),
    })),
  },
  ...badNameCases<'hmset'>((table, key) => ({
    table,
    pairs: [pair('a', 1n), pair(key, 2n), pair('b', 3n)],
  })),
  ...[
    { title: 'a pair without a value', bad: { key: 'bad' } },
    {
      title: 'a pair with an empty value',
      bad: { key: 'bad', value: { value: { case: undefined } } },
    },
  ].map(({ title, bad }) => ({
    title: `refuses ${title}, and stores none of the others`,
    given: [hset('table', 'a', 1n)],
    request: { table: 'table', pairs: [pair('a', 10n), bad, pair('b', 20n)] },
    response: invalid(),
    afterwards: [{ request: hgetall('table'), response: okPairs(['a', 1n]) }],
  })),
];
