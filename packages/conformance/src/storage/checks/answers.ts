import type { Storage } from '@kv/core';
import { expect } from 'vitest';
import { iterate, manyEntries, setOp, sorted, store } from '../entries.js';
import type { StorageCheck } from '../storage-check.js';

/** What each method answers for a hit, a miss and a table that is not there. */
export const answerChecks: readonly StorageCheck[] = [
  {
    title: 'declares its capabilities',
    async run({ storage: { capabilities, lane } }) {
      expect(capabilities.persistent).toBeTypeOf('boolean');
      expect(capabilities.ordered).toBeTypeOf('boolean');
      expect(capabilities.snapshotIteration).toBeTypeOf('boolean');
      expect(capabilities.lane).toBe(lane !== undefined);
    },
  },
  {
    title: 'get answers the value, and undefined for a miss',
    async run({ storage }) {
      await storage.set('table', 'key', 'value');
      expect(await storage.get('table', 'key')).toBe('value');
      expect(await storage.get('table', 'other')).toBeUndefined();
      expect(await storage.get('unknown', 'key')).toBeUndefined();
    },
  },
  {
    title: 'contains answers whether there is such a key',
    async run({ storage }) {
      await storage.set('table', 'key', 'value');
      expect(await storage.contains('table', 'key')).toBe(true);
      expect(await storage.contains('table', 'other')).toBe(false);
      expect(await storage.contains('unknown', 'key')).toBe(false);
    },
  },
  {
    title: 'getMany answers one value per key, in the order of the keys',
    async run({ storage }) {
      await store(storage, 'table', [
        ['a', 1n],
        ['b', 2n],
        ['c', 3n],
      ]);
      expect(await storage.getMany('table', ['c', 'x', 'a', 'c', 'b', 'y'])).toStrictEqual([
        3n,
        undefined,
        1n,
        3n,
        2n,
        undefined,
      ]);
      expect(await storage.getMany('unknown', ['a', 'b'])).toStrictEqual([undefined, undefined]);
    },
  },
  {
    title: 'getMany of no keys answers no values',
    async run({ storage }) {
      await storage.set('table', 'key', 'value');
      expect(await storage.getMany('table', [])).toStrictEqual([]);
      expect(await storage.getMany('unknown', [])).toStrictEqual([]);
    },
  },
  {
    title: 'set answers the value it replaced',
    async run({ storage }) {
      expect(await storage.set('table', 'key', 'first')).toBeUndefined();
      expect(await storage.set('table', 'key', 'second')).toBe('first');
      expect(await storage.set('table', 'other', 'third')).toBeUndefined();
      expect(await storage.get('table', 'key')).toBe('second');
    },
  },
  {
    title: 'del deletes a key and answers its value',
    async run({ storage }) {
      await store(storage, 'table', [
        ['key', 'value'],
        ['other', 'kept'],
      ]);
      expect(await storage.del('table', 'key')).toBe('value');
      expect(await storage.get('table', 'key')).toBeUndefined();
      expect(await storage.contains('table', 'key')).toBe(false);
      expect(await storage.get('table', 'other')).toBe('kept');
    },
  },
  {
    title: 'del of what is not there answers undefined',
    async run({ storage }) {
      await store(storage, 'table', [
        ['key', 'value'],
        ['other', 'kept'],
      ]);
      expect(await storage.del('table', 'unknown')).toBeUndefined();
      expect(await storage.del('unknown', 'key')).toBeUndefined();
      await storage.del('table', 'key');
      expect(await storage.del('table', 'key')).toBeUndefined();
      expect(await storage.getAll('table')).toStrictEqual([['other', 'kept']]);
    },
  },
  {
    title: 'getAll and getIter give every entry of the table, and of no other',
    async run({ storage }) {
      const entries = manyEntries(20);
      await store(storage, 'table', entries);
      await store(storage, 'other', manyEntries(3, 'other'));
      expect(sorted(await storage.getAll('table'))).toStrictEqual(entries);
      expect(sorted(await iterate(storage.getIter('table')))).toStrictEqual(entries);
    },
  },
  {
    title: 'getAll and getIter give every entry of a table of thousands',
    async run({ storage }) {
      const entries = manyEntries(2_500);
      await storage.write('table', entries.map(setOp));
      expect(sorted(await storage.getAll('table'))).toStrictEqual(entries);
      expect(sorted(await iterate(storage.getIter('table')))).toStrictEqual(entries);
    },
  },
  {
    title: 'a table that is not there reads as an empty one',
    async run({ storage }) {
      await expectEmpty(storage, 'unknown');
      await storage.set('table', 'key', 'value');
      await expectEmpty(storage, 'unknown');
    },
  },
  {
    title: 'reading creates nothing',
    async run({ storage }) {
      await storage.set('table', 'key', 'value');
      for (const table of ['table', 'unknown']) {
        await storage.get(table, 'read');
        await storage.contains(table, 'read');
        await storage.getMany(table, ['read', 'again']);
        await storage.del(table, 'read');
        await iterate(storage.getIter(table));
      }
      await expectEmpty(storage, 'unknown');
      expect(await storage.getAll('table')).toStrictEqual([['key', 'value']]);
      expect(await storage.contains('table', 'read')).toBe(false);
    },
  },
  {
    title: 'a table is gone with its last key, and comes back with the next',
    async run({ storage }) {
      await store(storage, 'table', [
        ['a', 1n],
        ['b', 2n],
      ]);
      await storage.del('table', 'a');
      await storage.del('table', 'b');
      await expectEmpty(storage, 'table');
      expect(await storage.set('table', 'b', 'new')).toBeUndefined();
      expect(await storage.getAll('table')).toStrictEqual([['b', 'new']]);
    },
  },
  {
    title: 'the same key in two tables is two keys',
    async run({ storage }) {
      await storage.set('one', 'key', 1n);
      expect(await storage.set('two', 'key', 2n)).toBeUndefined();
      expect(await storage.get('one', 'key')).toBe(1n);
      expect(await storage.del('one', 'key')).toBe(1n);
      expect(await storage.get('two', 'key')).toBe(2n);
    },
  },
];

async function expectEmpty(storage: Storage, table: string): Promise<void> {
  expect(await storage.getAll(table)).toStrictEqual([]);
  expect(await iterate(storage.getIter(table))).toStrictEqual([]);
  expect(await storage.get(table, 'key')).toBeUndefined();
}
