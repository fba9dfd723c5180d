import { badNameCases } from '../bad-names.js';
import type { CommandCase } from '../command-case.js';
import { invalid, ok, okPairs } from '../expected-response.js';
import { hgetall, hmset, hset } from '../requests.js';
import { awkwardNames, sampleValues } from '../sample-values.js';

export const hmdelCases: readonly CommandCase<'hmdel'>[] = [
  {
    title: 'answers one old value per key in the order of the keys, an empty one for a miss',
    given: [hmset('table', ['a', 1n], ['b', 2n], ['c', 3n], ['d', 4n])],
    request: { table: 'table', keys: ['c', 'unknown', 'a', 'b'] },
    response: ok(3n, null, 1n, 2n),
    afterwards: [{ request: hgetall('table'), response: okPairs(['d', 4n]) }],
  },
  {
    title: 'answers values of every type',
    given: sampleValues.map(([key, value]) => hset('table', key, value)),
    request: { table: 'table', keys: sampleValues.map(([key]) => key) },
    response: ok(...sampleValues.map(([, value]) => value)),
    afterwards: [{ request: hgetall('table'), response: okPairs() }],
  },
  {
    title: 'answers the value of a key once, and an empty one when it is named again',
    given: [hset('table', 'a', 1n)],
    request: { table: 'table', keys: ['a', 'a', 'b', 'a'] },
    response: ok(1n, null, null, null),
    afterwards: [{ request: hgetall('table'), response: okPairs() }],
  },
  {
    title: 'answers empty values for an unknown table',
    given: [hset('other', 'a', 1n)],
    request: { table: 'table', keys: ['a', 'b'] },
    response: ok(null, null),
    afterwards: [{ request: hgetall('other'), response: okPairs(['a', 1n]) }],
  },
  {
    title: 'answers no values for no keys, and deletes nothing',
    given: [hset('table', 'a', 1n)],
    request: { table: 'table', keys: [] },
    response: ok(),
    afterwards: [{ request: hgetall('table'), response: okPairs(['a', 1n]) }],
  },
  {
    title: 'answers empty values for names that objects have anyway',
    given: [hset('table', 'a', 1n)],
    request: { table: 'table', keys: [...awkwardNames] },
    response: ok(...awkwardNames.map(() => null)),
    afterwards: [{ request: hgetall('table'), response: okPairs(['a', 1n]) }],
  },
  {
    title: 'deletes none of the keys if one of them is refused',
    given: [hmset('table', ['a', 1n], ['b', 2n])],
    request: { table: 'table', keys: ['a', '', 'b'] },
    response: invalid(),
    afterwards: [{ request: hgetall('table'), response: okPairs(['a', 1n], ['b', 2n]) }],
  },
  ...badNameCases<'hmdel'>((table, key) => ({ table, keys: ['a', key, 'b'] })),
];
