import { badNameCases, longestKey, longestTable } from '../bad-names.js';
import type { CommandCase } from '../command-case.js';
import { notFound, ok } from '../expected-response.js';
import { hdel, hset } from '../requests.js';
import { awkwardNames, sampleValues } from '../sample-values.js';

export const hgetCases: readonly CommandCase<'hget'>[] = [
  ...sampleValues.map(([title, value]) => ({
    title: `answers ${title}`,
    given: [hset('table', 'key', value)],
    request: { table: 'table', key: 'key' },
    response: ok(value),
  })),
  {
    title: 'answers 404 for an unknown key',
    given: [hset('table', 'other', 'value')],
    request: { table: 'table', key: 'key' },
    response: notFound('table', 'key'),
  },
  {
    title: 'answers 404 for an unknown table',
    request: { table: 'table', key: 'key' },
    response: notFound('table', 'key'),
  },
  {
    title: 'answers 404 for a key of another table',
    given: [hset('other', 'key', 'value')],
    request: { table: 'table', key: 'key' },
    response: notFound('table', 'key'),
  },
  {
    title: 'answers 404 for a key that was deleted',
    given: [hset('table', 'key', 'value'), hdel('table', 'key')],
    request: { table: 'table', key: 'key' },
    response: notFound('table', 'key'),
  },
  {
    title: 'answers 404 for the key "a:b" of the table "c", though there is a "b:c" in "a"',
    given: [hset('a', 'b:c', 'value')],
    request: { table: 'a:b', key: 'c' },
    response: notFound('a:b', 'c'),
  },
  {
    title: 'takes a table and a key as long as they may be',
    request: { table: longestTable, key: longestKey },
    response: notFound(longestTable, longestKey),
  },
  ...awkwardNames.flatMap((name) => [
    {
      title: `answers 404 for ${name}, which was never stored`,
      given: [hset('table', 'key', 'value')],
      request: { table: 'table', key: name },
      response: notFound('table', name),
    },
    {
      title: `answers 404 for ${name} of the table ${name}, which is not there`,
      request: { table: name, key: name },
      response: notFound(name, name),
    },
    {
      title: `answers what is stored as ${name} in the table ${name}`,
      given: [hset(name, name, 'value')],
      request: { table: name, key: name },
      response: ok('value'),
    },
  ]),
  ...badNameCases<'hget'>((table, key) => ({ table, key })),
];
