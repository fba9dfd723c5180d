import type { Storage } from '@kv/core';
import { expect } from 'vitest';
import { expectFailure } from '../../failure.js';
import { deleteOp, iterate, setOp } from '../entries.js';
import { pageOf } from '../scan.js';
import type { StorageCheck } from '../storage-check.js';

const calls: { readonly [Method in keyof Storage]?: (storage: Storage) => unknown } = {
  get: (storage) => storage.get('table', 'key'),
  getMany: (storage) => storage.getMany('table', ['key']),
  contains: (storage) => storage.contains('table', 'key'),
  set: (storage) => storage.set('table', 'key', 'new'),
  del: (storage) => storage.del('table', 'key'),
  write: (storage) => storage.write('table', [setOp(['key', 'new']), deleteOp('key')]),
  getAll: (storage) => storage.getAll('table'),
  // By the call, or by the first step.
  getIter: (storage) => iterate(storage.getIter('table')),
  scan: (storage) => pageOf(storage, 'table'),
};

/** What `close` ends, and how. */
export const closingChecks: readonly StorageCheck[] = [
  ...Object.entries(calls).map(
    ([method, call]): StorageCheck => ({
      title: `${method} fails with UNAVAILABLE after close`,
      async run({ storage, close }) {
        await storage.set('table', 'key', 'value');
        await close();
        await expectFailure('UNAVAILABLE', () => call(storage));
      },
    }),
  ),
  {
    title: 'a storage in which nothing was ever stored fails with UNAVAILABLE after close, too',
    async run({ storage, close }) {
      await close();
      await expectFailure('UNAVAILABLE', () => storage.get('table', 'key'));
      await expectFailure('UNAVAILABLE', () => storage.getMany('table', []));
      await expectFailure('UNAVAILABLE', () => storage.write('table', []));
    },
  },
  {
    title: 'calls fail with UNAVAILABLE while close is under way',
    async run({ storage, close }) {
      await storage.set('table', 'key', 'value');
      const closing = close();
      const late = Object.values(calls).map((call) =>
        expectFailure('UNAVAILABLE', () => call(storage)),
      );
      await Promise.all([closing, ...late]);
    },
  },
  {
    title: 'calls that were made before close are carried out',
    async run({ storage, close }) {
      await storage.set('table', 'key', 'value');
      const underWay = [
        storage.set('table', 'key', 'new'),
        storage.get('table', 'key'),
        storage.getAll('table'),
        storage.del('table', 'key'),
      ];
      const closing = close();
      expect(await Promise.all(underWay)).toStrictEqual(['value', 'new', [['key', 'new']], 'new']);
      await closing;
    },
  },
];
