import { type Entry, entryBytes, type Value } from '@kv/core';
import { expect } from 'vitest';
import { expectFailure } from '../../failure.js';
import { comparable } from '../comparable.js';
import { deleteOp, manyEntries, setOp, sorted, store } from '../entries.js';
import { pageOf, pagesOf, scan } from '../scan.js';
import type { StorageCheck } from '../storage-check.js';
import { awkwardNames } from './names.js';
import { awkwardValues } from './values.js';

/** What pages have in them, and what writes between them do to a scan. */
export const scanChecks: readonly StorageCheck[] = [
  {
    title: 'a scan gives every entry of the table once, and of no other',
    async run({ storage }) {
      const entries = manyEntries(40);
      await store(storage, 'table', entries);
      await store(storage, 'other', manyEntries(3, 'other'));
      for (const limit of [1, 2, 7, 39, 40, 41, Number.POSITIVE_INFINITY]) {
        expect(sorted(await scan(storage, 'table', { limit })), `limit ${limit}`).toStrictEqual(
          entries,
        );
      }
    },
  },
  {
    title: 'a scan gives every entry of a table of thousands',
    async run({ storage }) {
      const entries = manyEntries(2_500);
      await storage.write('table', entries.map(setOp));
      expect(sorted(await scan(storage, 'table', { limit: 100 }))).toStrictEqual(entries);
    },
  },
  {
    title: 'a scan gives awkward keys and values as themselves',
    async run({ storage }) {
      const named = awkwardNames.map((key, i): Entry => [key, BigInt(i)]);
      await store(storage, 'names', named);
      await store(storage, 'values', awkwardValues);
      for (const limit of [1, 3]) {
        expect(sorted(await scan(storage, 'names', { limit }))).toStrictEqual(sorted(named));
        const values = sorted(await scan(storage, 'values', { limit }));
        expect(comparable(values)).toStrictEqual(comparable(sorted(awkwardValues)));
      }
    },
  },
  {
    title: 'a scan of a table that is not there is an empty page, and creates nothing',
    async run({ storage }) {
      const empty = { entries: [], next: undefined };
      expect(await pageOf(storage, 'unknown')).toStrictEqual(empty);
      await storage.set('table', 'key', 'value');
      expect(await pageOf(storage, 'unknown', { prefix: 'key' })).toStrictEqual(empty);
      expect(await storage.getAll('unknown')).toStrictEqual([]);
    },
  },
  {
    title: 'a page has about as many entries as were asked for',
    async run({ storage }) {
      await store(storage, 'table', manyEntries(500));
      for (const limit of [20, 100]) {
        const pages = await pagesOf(storage, 'table', { limit });
        const largest = Math.max(...pages.map(({ entries }) => entries.length));
        expect(largest).toBeLessThanOrEqual(2 * limit);
      }
    },
  },
  {
    title: 'a page has about as many bytes as were asked for',
    async run({ storage }) {
      const entries = manyEntries(200).map(([key], i): Entry => [key, 'x'.repeat(i % 100)]);
      await store(storage, 'table', entries);
      const maxBytes = 2_000;
      const pages = await pagesOf(storage, 'table', { maxBytes });
      const sizes = pages.map((page) =>
        page.entries.reduce((bytes, entry) => bytes + entryBytes(entry), 0),
      );
      expect(Math.max(...sizes)).toBeLessThanOrEqual(1.5 * maxBytes);
      expect(sorted(pages.flatMap((page) => page.entries))).toStrictEqual(entries);
    },
  },
  {
    title: 'an entry larger than a page may be comes all the same, with no other',
    async run({ storage }) {
      const entries = manyEntries(10).map(([key]): Entry => [key, 'x'.repeat(10_000)]);
      await store(storage, 'table', entries);
      const pages = await pagesOf(storage, 'table', { maxBytes: 100 });
      expect(Math.max(...pages.map((page) => page.entries.length))).toBe(1);
      expect(sorted(pages.flatMap((page) => page.entries))).toStrictEqual(entries);
    },
  },
  {
    title: 'a scan with a prefix gives just the entries whose keys begin with it',
    async run({ storage }) {
      const keys = [...awkwardNames, 'user:1', 'user:2', 'user', 'User:3', 'xuser:4', 'user;5'];
      await store(
        storage,
        'table',
        keys.map((key, i): Entry => [key, BigInt(i)]),
      );
      const all = sorted(await storage.getAll('table'));
      const prefixes = [
        'user:',
        'user',
        'a',
        'a\0',
        '\0',
        '%',
        '*',
        '.',
        '_',
        'e',
        'é',
        'ab',
        '😀',
      ];
      for (const prefix of [...prefixes, 'none', ...awkwardNames]) {
        for (const limit of [2, 1_000]) {
          const seen = await scan(storage, 'table', { prefix, limit });
          expect(sorted(seen), JSON.stringify(prefix)).toStrictEqual(
            all.filter(([key]) => key.startsWith(prefix)),
          );
        }
      }
    },
  },
  {
    title: 'what is there throughout a scan comes at least once, whatever is written',
    async run({ storage }) {
      const staying = manyEntries(60, 'stay');
      const going = manyEntries(200, 'go');
      const added = manyEntries(1_500, 'new');
      const allowed = new Map<string, Set<Value>>();
      const note = ([key, value]: Entry) => {
        allowed.set(key, (allowed.get(key) ?? new Set()).add(value));
        return [key, value] as const;
      };
      const first = [...going.slice(0, 100), ...staying, ...going.slice(100)];
      await storage.write('table', first.map(note).map(setOp));
      const seen = await scan(storage, 'table', { limit: 7 }, async (_, i) => {
        const [changed] = staying[i % staying.length] as Entry;
        await storage.set('table', ...note([changed, `changed ${i}`]));
        // The table grows to many times what it was, and shrinks to much less.
        if (i === 1) await storage.write('table', added.map(note).map(setOp));
        if (i !== 4) return;
        await storage.write(
          'table',
          [...going, ...added].map(([key]) => deleteOp(key)),
        );
      });
      const stayed = new Set(seen.map(([key]) => key).filter((key) => key.startsWith('stay')));
      expect([...stayed].sort()).toStrictEqual(staying.map(([key]) => key));
      for (const [key, value] of seen) expect(allowed.get(key), key).toContain(value);
    },
  },
  {
    title: 'a scan that deletes each entry as it comes gives them all',
    async run({ storage }) {
      const entries = manyEntries(300);
      await store(storage, 'table', entries);
      const seen = await scan(storage, 'table', { limit: 10 }, (page) =>
        storage.write(
          'table',
          page.entries.map(([key]) => deleteOp(key)),
        ),
      );
      expect(sorted(seen)).toStrictEqual(entries);
      expect(await storage.getAll('table')).toStrictEqual([]);
    },
  },
  {
    title: 'a scan of a table that is emptied meanwhile ends',
    async run({ storage }) {
      const entries = manyEntries(50);
      await store(storage, 'table', entries);
      const seen = await scan(storage, 'table', { limit: 5 }, async (_, i) => {
        if (i > 0) return;
        await storage.write(
          'table',
          entries.map(([key]) => deleteOp(key)),
        );
      });
      expect(seen.length).toBeLessThanOrEqual(10);
    },
  },
  {
    title: 'a scan goes on from any of its positions, as often as it is asked to',
    async run({ storage }) {
      const entries = manyEntries(60);
      await store(storage, 'table', entries);
      await store(storage, 'other', entries.slice(0, 30));
      const first = await pagesOf(storage, 'table', { limit: 7 }, () =>
        pageOf(storage, 'other', { limit: 7 }),
      );
      const positions = [undefined, ...first.map(({ next }) => next)].slice(0, -1);
      // Backwards, so that nothing can be kept of the page before.
      for (const [i, position] of [...positions.entries()].reverse()) {
        expect(await pageOf(storage, 'table', { limit: 7, position })).toStrictEqual(first[i]);
      }
    },
  },
  {
    title: 'a page sees the writes that were called before it, and none after or by half',
    async run({ storage }) {
      await storage.write('table', [setOp(['a', 0n]), setOp(['b', 0n])]);
      const pages = Array.from({ length: 50 }, (_, i) => {
        const value = BigInt(i);
        const writing = storage.write('table', [setOp(['a', value]), setOp(['b', value])]);
        return Promise.all([pageOf(storage, 'table'), writing]);
      });
      for (const [i, [{ entries }]] of (await Promise.all(pages)).entries()) {
        expect(entries.map(([, value]) => value)).toStrictEqual([BigInt(i), BigInt(i)]);
      }
    },
  },
  {
    title: 'a position that was never given out is refused, or gives a page of the table',
    async run({ storage }) {
      const entries = manyEntries(20);
      await store(storage, 'table', entries);
      const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 32, 64, 1_000, 5_000];
      const positions = [
        ...lengths.flatMap((length) =>
          [0, 0x61, 0x7f, 0x80, 0xff].map((byte) => new Uint8Array(length).fill(byte)),
        ),
        ...lengths.map((length) => Uint8Array.from({ length }, (_, i) => i * 37)),
      ];
      for (const position of positions) {
        const refused = await isRefused(() => pageOf(storage, 'table', { position, limit: 5 }));
        if (refused) continue;
        const page = await pageOf(storage, 'table', { position, limit: 5 });
        expect(entries).toEqual(expect.arrayContaining(page.entries));
      }
      expect(sorted(await scan(storage, 'table', { limit: 3 }))).toStrictEqual(entries);
    },
  },
];

/** Whether a call fails, which it may do with `INVALID_COMMAND` alone. */
async function isRefused(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return false;
  } catch (error) {
    await expectFailure('INVALID_COMMAND', () => Promise.reject(error));
    return true;
  }
}
