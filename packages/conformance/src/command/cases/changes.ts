import type { CommandMessage } from '@kv/core';
import { badTableCases } from '../bad-names.js';
import type { CommandCase } from '../command-case.js';
import { failed, invalid } from '../expected-response.js';
import { hset } from '../requests.js';

const after = { epoch: 1n, sequence: 2n ** 53n - 1n };

function of(table: string): CommandMessage<'changes'> {
  return { table, key: '', prefix: '', after, limit: 0 };
}

export const changesCases: readonly CommandCase<'changes'>[] = [
  {
    title: 'a position that there never was is gone',
    given: [hset('table', 'key', 1n)],
    request: of('table'),
    response: failed(410),
  },
  ...badTableCases<'changes'>(of),
  {
    title: 'there must be a position',
    request: { table: 'table', key: '', prefix: '', limit: 0 },
    response: invalid(),
  },
  {
    title: 'a position must be a position',
    request: { ...of('table'), after: { epoch: 1n, sequence: -1n } },
    response: invalid(),
  },
  {
    title: 'a key and the beginning of one are refused',
    request: { ...of('table'), key: 'k', prefix: 'k' },
    response: invalid('there may be a key or a prefix, not both'),
  },
];
