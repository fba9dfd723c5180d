import type { Entry } from '@kv/core';
import { expect } from 'vitest';
import { comparable } from '../comparable.js';
import { deleteOp, manyEntries, setOp, sorted, store } from '../entries.js';
import type { StorageCheck } from '../storage-check.js';
import { awkwardNames } from './names.js';
import { awkwardValues } from './values.js';

/** What is there after the storage was closed and opened again. */
export const persistenceChecks: readonly StorageCheck[] = [
  {
    title: 'every kind of value is there, as itself, when the storage is opened again',
    needs: 'persistent',
    async run({ storage, reopen }) {
      await store(storage, 'table', awkwardValues);
      const reopened = await reopen();
      const all = sorted(await reopened.getAll('table'));
      expect(comparable(all)).toStrictEqual(comparable(sorted(awkwardValues)));
      for (const [key, value] of awkwardValues) {
        const answer = await reopened.get('table', key);
        expect(comparable(answer), key).toStrictEqual(comparable(value));
      }
    },
  },
  {
    title: 'awkward tables and keys are there when the storage is opened again',
    needs: 'persistent',
    async run({ storage, reopen }) {
      const entries = awkwardNames.map((key, i): Entry => [key, BigInt(i)]);
      await store(storage, 'table', entries);
      for (const table of awkwardNames) await storage.set(table, table, table);
      const reopened = await reopen();
      expect(sorted(await reopened.getAll('table'))).toStrictEqual(sorted(entries));
      for (const table of awkwardNames) {
        expect(await reopened.getAll(table), table).toStrictEqual([[table, table]]);
      }
    },
  },
  {
    title: 'what was replaced or deleted is so when the storage is opened again',
    needs: 'persistent',
    async run({ storage, reopen }) {
      await store(storage, 'table', manyEntries(4));
      await store(storage, 'gone', manyEntries(2));
      await storage.set('table', 'key0000', 'replaced');
      await storage.del('table', 'key0001');
      await storage.write('table', [setOp(['key0002', 'written']), deleteOp('key0003')]);
      await storage.write('gone', [deleteOp('key0000'), deleteOp('key0001')]);
      const reopened = await reopen();
      expect(sorted(await reopened.getAll('table'))).toStrictEqual([
        ['key0000', 'replaced'],
        ['key0002', 'written'],
      ]);
      expect(await reopened.getAll('gone')).toStrictEqual([]);
      expect(await reopened.set('table', 'key0000', 'new')).toBe('replaced');
    },
  },
  {
    title: 'writing goes on after each opening',
    needs: 'persistent',
    async run(fixture) {
      for (let i = 0; i < 3; i++) {
        const old = await fixture.storage.set('table', 'key', BigInt(i));
        expect(old).toBe(i === 0 ? undefined : BigInt(i - 1));
        await fixture.storage.set('table', `key${i}`, true);
        await fixture.reopen();
      }
      expect(sorted(await fixture.storage.getAll('table'))).toStrictEqual([
        ['key', 2n],
        ['key0', true],
        ['key1', true],
        ['key2', true],
      ]);
    },
  },
  {
    title: 'calls that were made before close are there when the storage is opened again',
    needs: 'persistent',
    async run({ storage, reopen }) {
      const entries = manyEntries(100);
      const setting = entries.map(([key, value]) => storage.set('table', key, value));
      const reopened = await reopen();
      await Promise.all(setting);
      expect(sorted(await reopened.getAll('table'))).toStrictEqual(entries);
    },
  },
];
