import { type CommandMessage, type CommandName, DEFAULT_LIMITS } from '@kv/core';
import type { CommandCase } from './command-case.js';
import { type ExpectedResponse, failed, invalid, okPairs } from './expected-response.js';
import { hgetall } from './requests.js';

const { maxTableBytes, maxKeyBytes } = DEFAULT_LIMITS;

/** The longest table and key there can be. */
export const longestTable: string = 't'.repeat(maxTableBytes);
export const longestKey: string = 'k'.repeat(maxKeyBytes);

type BadName = readonly [title: string, name: string, response: ExpectedResponse];

const badTables: readonly BadName[] = [
  ['the empty table', '', invalid()],
  ['a table beyond its limit', `${longestTable}t`, failed(413)],
  ['a table beyond its limit in bytes', 'é'.repeat(maxTableBytes / 2 + 1), failed(413)],
];

const badKeys: readonly BadName[] = [
  ['the empty key', '', invalid()],
  ['a key beyond its limit', `${longestKey}k`, failed(413)],
  ['a key beyond its limit in bytes', '€'.repeat(maxKeyBytes / 3 + 1), failed(413)],
];

/** Cases of a command that is sent a table that can be none. */
export function badTableCases<Name extends CommandName>(
  messageOf: (table: string) => CommandMessage<Name>,
): CommandCase<Name>[] {
  return badTables.map(([title, table, response]) => ({
    title: `${title} is refused`,
    request: messageOf(table),
    response,
  }));
}

/** Cases of a command that is sent a table, or a key, that can be none. Nothing is stored by it. */
export function badNameCases<Name extends CommandName>(
  messageOf: (table: string, key: string) => CommandMessage<Name>,
): CommandCase<Name>[] {
  return [
    ...badTableCases<Name>((table) => messageOf(table, 'key')),
    ...badKeys.map(([title, key, response]) => ({
      title: `${title} is refused`,
      request: messageOf('table', key),
      response,
      afterwards: [{ request: hgetall('table'), response: okPairs() }],
    })),
  ];
}
