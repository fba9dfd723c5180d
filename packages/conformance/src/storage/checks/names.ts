import type { Entry, Storage } from '@kv/core';
import { expect } from 'vitest';
import { iterate, sorted, store } from '../entries.js';
import type { StorageCheck } from '../storage-check.js';

/** Names that objects have anyway. */
const inherited = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

/** Names that engines are known to lose, to change, or to take for one another. */
export const awkwardNames: readonly string[] = [
  ...inherited,
  ...['0', '1', '01', '10', '-1', '1e3', '4294967295', 'NaN'],
  ...['\0', 'a\0', '\0a', 'a\0b', 'a\0\0b', '\x01', '\x1f', '\x7f'],
  ...['/', 'a/b', '/a', 'a/', '.', '..', '../a', 'a\\b', 'a:b', ':', 'a|b', 'a b', ' ', 'a ', '*'],
  ...['%', '%00', '%2F', "'", '"', '`', '$a', '{a}', '?', '#', '\n', '\r\n', '\t'],
  ...['a', 'aa', 'aaa', 'A', 'ab', 'abc'],
  // The same to the eye, and to a file system: composed and decomposed.
  ...['\u00e9', 'e\u0301', 'ß', 'ẞ', '\ufeff', '\ufeffa', '\uffff', '\ufffd', 'ключ', '鍵'],
  ...['😀', '😀😀', '\u{10000}', '\u{10ffff}', 'a\u{10ffff}'],
];

const separators = [
  ...['\0', '\x01', '\x1f', '\x7f', '\uffff', '\u{10ffff}', ':', '/', '.', '|', ',', ';', '-', '_'],
  ...['#', '!', ' ', '\n', '\t', '\\', '%', '\\0', '%00', '"', "'", '[', ']', '{', '}', '~'],
];

/** Any well-formed text within its limit is a name like any other, and no two are the same place. */
export const nameChecks: readonly StorageCheck[] = [
  {
    title: 'what objects inherit is no key and no table',
    async run({ storage }) {
      await storage.set('table', 'key', 'value');
      for (const name of inherited) {
        expect(await storage.get('table', name), name).toBeUndefined();
        expect(await storage.get(name, 'key'), name).toBeUndefined();
        expect(await storage.get(name, name), name).toBeUndefined();
        expect(await storage.contains('table', name), name).toBe(false);
        expect(await storage.contains(name, name), name).toBe(false);
        expect(await storage.del('table', name), name).toBeUndefined();
        expect(await storage.getAll(name), name).toStrictEqual([]);
      }
      expect(await storage.getMany('table', inherited)).toStrictEqual(
        inherited.map(() => undefined),
      );
    },
  },
  {
    title: 'awkward names are keys like any other',
    run: ({ storage }) => expectKeys(storage, 'table', awkwardNames),
  },
  {
    title: 'awkward names are tables like any other',
    async run({ storage }) {
      for (const table of awkwardNames) {
        expect(await storage.set(table, table, table)).toBeUndefined();
        expect(await storage.set(table, 'key', 'value')).toBeUndefined();
      }
      for (const table of awkwardNames) {
        const entries: Entry[] = [
          [table, table],
          ['key', 'value'],
        ];
        expect(sorted(await storage.getAll(table)), table).toStrictEqual(sorted(entries));
        expect(await storage.del(table, table), table).toBe(table);
        expect(await storage.getAll(table), table).toStrictEqual([['key', 'value']]);
      }
    },
  },
  {
    title: 'keys as long as they may be are told apart to their last byte',
    run: ({ storage }) =>
      expectKeys(storage, 'table', [
        'k'.repeat(4094),
        'k'.repeat(4095),
        'k'.repeat(4096),
        `${'k'.repeat(4095)}l`,
        `${'k'.repeat(4095)}\0`,
        `l${'k'.repeat(4095)}`,
        '€'.repeat(1365),
        `${'€'.repeat(1365)}k`,
        '😀'.repeat(1024),
      ]),
  },
  {
    title: 'tables as long as they may be are told apart to their last byte',
    async run({ storage }) {
      const tables = ['t'.repeat(254), 't'.repeat(255), `${'t'.repeat(254)}u`, '€'.repeat(85)];
      for (const table of tables) await storage.set(table, 'k'.repeat(4096), table);
      for (const table of tables) {
        expect(await storage.getAll(table)).toStrictEqual([['k'.repeat(4096), table]]);
      }
    },
  },
  {
    title: 'no two pairs of table and key are the same place, whatever separates the two',
    async run({ storage }) {
      const places = [...separators.flatMap(placesAround), ...lengthPrefixed];
      for (const { table, key } of places) {
        expect(await storage.set(table, key, inscription({ table, key }))).toBeUndefined();
      }
      for (const table of new Set(places.map((place) => place.table))) {
        const entries = places
          .filter((place) => place.table === table)
          .map((place): Entry => [place.key, inscription(place)]);
        expect(sorted(await storage.getAll(table)), table).toStrictEqual(sorted(entries));
        expect(sorted(await iterate(storage.getIter(table)))).toStrictEqual(sorted(entries));
      }
      for (const { table, key } of places) {
        expect(await storage.del(table, key)).toBe(inscription({ table, key }));
      }
    },
  },
];

interface Place {
  readonly table: string;
  readonly key: string;
}

/** A value that says where it belongs. */
function inscription({ table, key }: Place): string {
  return JSON.stringify([table, key]);
}

/** Places that a key of `table + separator + key` would take for one another, escaped or not. */
function placesAround(separator: string): Place[] {
  const s = separator;
  return [
    { table: 'a', key: `b${s}c` },
    { table: `a${s}b`, key: 'c' },
    { table: 'a', key: `${s}b` },
    { table: `a${s}`, key: 'b' },
    { table: 'a', key: `${s}${s}b` },
    { table: `a${s}`, key: `${s}b` },
    { table: `a${s}${s}`, key: 'b' },
    { table: s, key: `${s}${s}` },
    { table: `${s}${s}`, key: s },
  ];
}

/** Places that a key with an unterminated length in front would take for one another. */
const lengthPrefixed: readonly Place[] = [
  { table: '1', key: '11' },
  { table: '11', key: '1' },
  { table: '111', key: '11' },
  { table: '11', key: '111' },
];

async function expectKeys(storage: Storage, table: string, keys: readonly string[]): Promise<void> {
  const entries = keys.map((key, i): Entry => [key, BigInt(i)]);
  await store(storage, table, entries);
  expect(sorted(await storage.getAll(table))).toStrictEqual(sorted(entries));
  expect(sorted(await iterate(storage.getIter(table)))).toStrictEqual(sorted(entries));
  expect(await storage.getMany(table, keys)).toStrictEqual(entries.map(([, value]) => value));
  for (const [key, value] of entries) {
    expect(await storage.get(table, key)).toBe(value);
    expect(await storage.del(table, key)).toBe(value);
    expect(await storage.contains(table, key)).toBe(false);
  }
  expect(await storage.getAll(table)).toStrictEqual([]);
}
