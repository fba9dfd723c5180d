import { badNameCases } from '../bad-names.js';
import type { CommandCase } from '../command-case.js';
import { ok } from '../expected-response.js';
import { hmset, hset } from '../requests.js';
import { awkwardNames, sampleValues } from '../sample-values.js';

export const hmgetCases: readonly CommandCase<'hmget'>[] = [
  {
    title: 'answers one value per key in the order of the keys, an empty one for a miss',
    given: [hmset('table', ['a', 1n], ['b', 2n], ['c', 3n])],
    request: { table: 'table', keys: ['c', 'unknown', 'a', 'b'] },
    response: ok(3n, null, 1n, 2n),
  },
  {
    title: 'answers values of every type',
    given: sampleValues.map(([key, value]) => hset('table', key, value)),
    request: { table: 'table', keys: sampleValues.map(([key]) => key) },
    response: ok(...sampleValues.map(([, value]) => value)),
  },
  {
    title: 'answers a key as often as it is asked for',
    given: [hset('table', 'a', 1n)],
    request: { table: 'table', keys: ['a', 'b', 'a', 'b', 'a'] },
    response: ok(1n, null, 1n, null, 1n),
  },
  {
    title: 'answers empty values for an unknown table',
    given: [hset('other', 'a', 1n)],
    request: { table: 'table', keys: ['a', 'b'] },
    response: ok(null, null),
  },
  {
    title: 'answers no values for no keys',
    given: [hset('table', 'a', 1n)],
    request: { table: 'table', keys: [] },
    response: ok(),
  },
  {
    title: 'answers empty values for names that objects have anyway',
    given: [hset('table', 'a', 1n)],
    request: { table: 'table', keys: [...awkwardNames] },
    response: ok(...awkwardNames.map(() => null)),
  },
  ...badNameCases<'hmget'>((table, key) => ({ table, keys: ['a', key, 'b'] })),
];
