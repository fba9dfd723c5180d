import { badNameCases } from '../bad-names.js';
import type { CommandCase } from '../command-case.js';
import { notFound, ok, okPairs } from '../expected-response.js';
import { hdel, hget, hgetall, hset } from '../requests.js';
import { awkwardNames, sampleValues } from '../sample-values.js';

export const hdelCases: readonly CommandCase<'hdel'>[] = [
  ...sampleValues.map(([title, value]) => ({
    title: `answers the value it deletes: ${title}`,
    given: [hset('table', 'key', value)],
    request: { table: 'table', key: 'key' },
    response: ok(value),
    afterwards: [{ request: hget('table', 'key'), response: notFound('table', 'key') }],
  })),
  {
    title: 'answers an empty value for an unknown key, and deletes no other',
    given: [hset('table', 'other', 'value')],
    request: { table: 'table', key: 'key' },
    response: ok(null),
    afterwards: [{ request: hgetall('table'), response: okPairs(['other', 'value']) }],
  },
  {
    title: 'answers an empty value for an unknown table',
    given: [hset('other', 'key', 'value')],
    request: { table: 'table', key: 'key' },
    response: ok(null),
    afterwards: [{ request: hget('other', 'key'), response: ok('value') }],
  },
  {
    title: 'answers an empty value the second time',
    given: [hset('table', 'key', 'value'), hdel('table', 'key')],
    request: { table: 'table', key: 'key' },
    response: ok(null),
  },
  ...awkwardNames.flatMap((name) => [
    {
      title: `answers an empty value for ${name} of the table ${name}, which is not there`,
      request: { table: name, key: name },
      response: ok(null),
    },
    {
      title: `deletes ${name} from the table ${name}`,
      given: [hset(name, name, 'value')],
      request: { table: name, key: name },
      response: ok('value'),
      afterwards: [{ request: hgetall(name), response: okPairs() }],
    },
  ]),
  ...badNameCases<'hdel'>((table, key) => ({ table, key })),
];
