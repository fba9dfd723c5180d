import { badTableCases, longestTable } from '../bad-names.js';
import type { CommandCase } from '../command-case.js';
import { okPairs } from '../expected-response.js';
import { hdel, hmset, hset } from '../requests.js';
import { awkwardNames, sampleValues } from '../sample-values.js';

export const hgetallCases: readonly CommandCase<'hgetall'>[] = [
  {
    title: 'answers every pair of the table, and of no other',
    given: [hmset('table', ['a', 1n], ['b', 2n]), hset('table', 'c', 3n), hset('other', 'd', 4n)],
    request: { table: 'table' },
    response: okPairs(['a', 1n], ['b', 2n], ['c', 3n]),
  },
  {
    title: 'answers values of every type',
    given: [hmset('table', ...sampleValues)],
    request: { table: 'table' },
    response: okPairs(...sampleValues),
  },
  {
    title: 'answers no pairs for an unknown table',
    given: [hset('other', 'key', 'value')],
    request: { table: 'table' },
    response: okPairs(),
  },
  {
    title: 'answers no pairs once the last key is deleted',
    given: [hset('table', 'key', 'value'), hdel('table', 'key')],
    request: { table: 'table' },
    response: okPairs(),
  },
  {
    title: 'answers a pair that was replaced once, with its new value',
    given: [hset('table', 'key', 'old'), hset('table', 'key', 'new')],
    request: { table: 'table' },
    response: okPairs(['key', 'new']),
  },
  {
    title: 'answers keys that objects have anyway',
    given: awkwardNames.map((name) => hset('table', name, name)),
    request: { table: 'table' },
    response: okPairs(...awkwardNames.map((name): [string, string] => [name, name])),
  },
  ...awkwardNames.map((name) => ({
    title: `answers no pairs for the table ${name}, which is not there`,
    request: { table: name },
    response: okPairs(),
  })),
  {
    title: 'takes a table as long as it may be',
    given: [hset(longestTable, 'key', 'value')],
    request: { table: longestTable },
    response: okPairs(['key', 'value']),
  },
  ...badTableCases<'hgetall'>((table) => ({ table })),
];
