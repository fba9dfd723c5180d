import { badNameCases } from '../bad-names.js';
import type { CommandCase } from '../command-case.js';
import { ok, okPairs } from '../expected-response.js';
import { hdel, hgetall, hset } from '../requests.js';
import { awkwardNames, sampleValues } from '../sample-values.js';

export const hexistCases: readonly CommandCase<'hexist'>[] = [
  ...sampleValues.map(([title, value]) => ({
    title: `answers true for a key whose value is ${title}`,
    given: [hset('table', 'key', value)],
    request: { table: 'table', key: 'key' },
    response: ok(true),
  })),
  {
    title: 'answers false for an unknown key',
    given: [hset('table', 'other', 'value')],
    request: { table: 'table', key: 'key' },
    response: ok(false),
    afterwards: [{ request: hgetall('table'), response: okPairs(['other', 'value']) }],
  },
  {
    title: 'answers false for an unknown table',
    given: [hset('other', 'key', 'value')],
    request: { table: 'table', key: 'key' },
    response: ok(false),
  },
  {
    title: 'answers false for a key that was deleted',
    given: [hset('table', 'key', 'value'), hdel('table', 'key')],
    request: { table: 'table', key: 'key' },
    response: ok(false),
  },
  ...awkwardNames.flatMap((name) => [
    {
      title: `answers false for ${name} of the table ${name}, which is not there`,
      request: { table: name, key: name },
      response: ok(false),
    },
    {
      title: `answers false for ${name}, which was never stored`,
      given: [hset('table', 'key', 'value')],
      request: { table: 'table', key: name },
      response: ok(false),
    },
    {
      title: `answers true for ${name} once it is stored`,
      given: [hset('table', name, 'value')],
      request: { table: 'table', key: name },
      response: ok(true),
    },
  ]),
  ...badNameCases<'hexist'>((table, key) => ({ table, key })),
];
