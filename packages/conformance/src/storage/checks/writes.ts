import type { Entry, WriteOp } from '@kv/core';
import { expect } from 'vitest';
import { expectFailure } from '../../failure.js';
import { deleteOp, manyEntries, setOp, sorted, store } from '../entries.js';
import type { StorageCheck } from '../storage-check.js';

const entries: readonly Entry[] = [
  ['a', 1n],
  ['b', 2n],
  ['c', 3n],
];

/** What an engine of today cannot know, and must not pass over. */
const unknownOps: readonly (readonly [title: string, op: object])[] = [
  ['an unknown op', { op: 'increment', key: 'b', by: 1n }],
  ['an op that looks like one', { op: 'Set', key: 'b', value: 9n }],
  ['an op that every object inherits', { op: 'constructor', key: 'b' }],
  ['a set with an unknown field', { op: 'set', key: 'b', value: 9n, expiresAt: 1 }],
  ['a delete with an unknown field', { op: 'delete', key: 'b', ifVersion: 1n }],
];

/** `write`: all or nothing, one op after the other. */
export const writeChecks: readonly StorageCheck[] = [
  {
    title: 'write applies its ops and answers the old values in their order',
    async run({ storage }) {
      await store(storage, 'table', entries);
      const ops = [setOp(['c', 30n]), deleteOp('a'), setOp(['new', 4n]), deleteOp('unknown')];
      expect(await storage.write('table', ops)).toStrictEqual([3n, 1n, undefined, undefined]);
      expect(sorted(await storage.getAll('table'))).toStrictEqual([
        ['b', 2n],
        ['c', 30n],
        ['new', 4n],
      ]);
    },
  },
  {
    title: 'each op of a write sees the ones before it',
    async run({ storage }) {
      const ops = [
        ...[setOp(['key', 1n]), setOp(['key', 2n]), deleteOp('key'), deleteOp('key')],
        ...[setOp(['key', 3n]), setOp(['other', 1n]), setOp(['key', 4n]), deleteOp('other')],
      ];
      const old = [undefined, 1n, 2n, undefined, undefined, undefined, 3n, 1n];
      expect(await storage.write('table', ops)).toStrictEqual(old);
      expect(await storage.getAll('table')).toStrictEqual([['key', 4n]]);
      expect(await storage.contains('table', 'other')).toBe(false);
    },
  },
  {
    title: 'write of no ops answers no values and changes nothing',
    async run({ storage }) {
      expect(await storage.write('unknown', [])).toStrictEqual([]);
      expect(await storage.getAll('unknown')).toStrictEqual([]);
      await store(storage, 'table', entries);
      expect(await storage.write('table', [])).toStrictEqual([]);
      expect(sorted(await storage.getAll('table'))).toStrictEqual(entries);
    },
  },
  {
    title: 'write of one op is what set and del do',
    async run({ storage }) {
      expect(await storage.write('table', [setOp(['key', 1n])])).toStrictEqual([undefined]);
      expect(await storage.set('table', 'key', 2n)).toBe(1n);
      expect(await storage.write('table', [deleteOp('key')])).toStrictEqual([2n]);
      expect(await storage.del('table', 'key')).toBeUndefined();
    },
  },
  {
    title: 'a table is gone when a write deletes its last key',
    async run({ storage }) {
      await store(storage, 'table', entries);
      await storage.write('table', ['a', 'b', 'c'].map(deleteOp));
      expect(await storage.getAll('table')).toStrictEqual([]);
      expect(await storage.getMany('table', ['a', 'b'])).toStrictEqual([undefined, undefined]);
    },
  },
  {
    title: 'write changes no other table',
    async run({ storage }) {
      await store(storage, 'other', entries);
      await storage.write('table', [setOp(['a', 9n]), deleteOp('b')]);
      expect(sorted(await storage.getAll('other'))).toStrictEqual(entries);
    },
  },
  {
    title: 'write takes thousands of ops',
    async run({ storage }) {
      const many = manyEntries(2_500);
      const ops = [...many.map(setOp), ...many.slice(1).map(([key]) => deleteOp(key))];
      expect(await storage.write('table', ops)).toStrictEqual([
        ...many.map(() => undefined),
        ...many.slice(1).map(([, value]) => value),
      ]);
      expect(await storage.getAll('table')).toStrictEqual(many.slice(0, 1));
    },
  },
  ...unknownOps.map(
    ([title, op]): StorageCheck => ({
      title: `${title} is refused with UNSUPPORTED, and nothing of the write applied`,
      async run({ storage }) {
        await store(storage, 'table', entries);
        // From an engine of tomorrow; the types of today have no such op.
        const unknown = op as WriteOp;
        const before = [setOp(['a', 9n]), deleteOp('c'), setOp(['new', 9n])];
        const after = [deleteOp('a'), setOp(['c', 9n])];
        for (const ops of [[unknown], [unknown, ...after], [...before, unknown, ...after]]) {
          await expectFailure('UNSUPPORTED', () => storage.write('table', ops));
          await expectFailure('UNSUPPORTED', () => storage.write('unknown', ops));
          expect(sorted(await storage.getAll('table'))).toStrictEqual(entries);
          expect(await storage.getAll('unknown')).toStrictEqual([]);
        }
        expect(await storage.set('table', 'b', 4n)).toBe(2n);
      },
    }),
  ),
];
