import { badNameCases } from '../bad-names.js';
import type { CommandCase } from '../command-case.js';
import { ok } from '../expected-response.js';
import { hmset, hset } from '../requests.js';
import { awkwardNames, sampleValues } from '../sample-values.js';

export const hmexistCases: readonly CommandCase<'hmexist'>[] = [
  {
    title: 'answers one boolean per key in the order of the keys',
    given: [hmset('table', ['a', 1n], ['b', 2n], ['c', 3n])],
    request: { table: 'table', keys: ['c', 'unknown', 'a', 'other'] },
    response: ok(true, false, true, false),
  },
  {
    title: 'answers true for values of every type',
    given: sampleValues.map(([key, value]) => hset('table', key, value)),
    request: { table: 'table', keys: sampleValues.map(([key]) => key) },
    response: ok(...sampleValues.map(() => true)),
  },
  {
    title: 'answers a key as often as it is asked for',
    given: [hset('table', 'a', 1n)],
    request: { table: 'table', keys: ['a', 'b', 'a', 'b', 'a'] },
    response: ok(true, false, true, false, true),
  },
  {
    title: 'answers false throughout for an unknown table',
    given: [hset('other', 'a', 1n)],
    request: { table: 'table', keys: ['a', 'b'] },
    response: ok(false, false),
  },
  {
    title: 'answers no values for no keys',
    given: [hset('table', 'a', 1n)],
    request: { table: 'table', keys: [] },
    response: ok(),
  },
  {
    title: 'answers false for names that objects have anyway',
    given: [hset('table', 'a', 1n)],
    request: { table: 'table', keys: [...awkwardNames] },
    response: ok(...awkwardNames.map(() => false)),
  },
  ...badNameCases<'hmexist'>((table, key) => ({ table, keys: ['a', key, 'b'] })),
];
