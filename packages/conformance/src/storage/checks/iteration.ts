import type { Entry, Value } from '@kv/core';
import { expect } from 'vitest';
import { deleteOp, iterate, manyEntries, setOp, sorted, store } from '../entries.js';
import type { StorageCheck } from '../storage-check.js';

/** What `getIter` shows, and what writes during an iteration do to it. */
export const iterationChecks: readonly StorageCheck[] = [
  {
    title: 'an entry that is there throughout an iteration appears once, whatever is written',
    async run({ storage }) {
      const staying = manyEntries(50, 'stay');
      const coming = manyEntries(50, 'come');
      const allowed = new Map<string, Set<Value>>();
      const note = ([key, value]: Entry) => {
        allowed.set(key, (allowed.get(key) ?? new Set()).add(value));
        return [key, value] as const;
      };
      await storage.write('table', [...staying, ...coming].map(note).map(setOp));
      const seen = await iterate(storage.getIter('table'), async (_, i) => {
        const [fresh] = coming[i % coming.length] as Entry;
        await storage.del('table', fresh);
        await storage.set('table', ...note([fresh, `again ${i}`]));
        await storage.del('table', (coming[(i * 7) % coming.length] as Entry)[0]);
        await storage.set('table', ...note([`new${i}`, BigInt(i)]));
        await storage.set('table', ...note([(staying[i % 50] as Entry)[0], `changed ${i}`]));
        await storage.write('table', [deleteOp(fresh), setOp(note([fresh, `written ${i}`]))]);
      });
      const keys = seen.map(([key]) => key);
      expect(sorted(seen).filter(([key]) => key.startsWith('stay'))).toHaveLength(staying.length);
      expect(new Set(keys).size, 'no key appears twice').toBe(keys.length);
      for (const [key, value] of seen) expect(allowed.get(key), key).toContain(value);
    },
  },
  {
    title: 'an iteration that deletes each entry as it comes shows them all',
    async run({ storage }) {
      const entries = manyEntries(50);
      await store(storage, 'table', entries);
      const seen = await iterate(storage.getIter('table'), ([key]) => storage.del('table', key));
      expect(sorted(seen)).toStrictEqual(entries);
      expect(await storage.getAll('table')).toStrictEqual([]);
    },
  },
  {
    title: 'an iteration that sets each entry anew as it comes shows each once',
    async run({ storage }) {
      const entries = manyEntries(50);
      await store(storage, 'table', entries);
      const seen = await iterate(storage.getIter('table'), async ([key, value]) => {
        await storage.del('table', key);
        await storage.set('table', key, value);
      });
      expect(sorted(seen)).toStrictEqual(entries);
    },
  },
  {
    title: 'an iteration during which each step adds a key ends',
    async run({ storage }) {
      await store(storage, 'table', manyEntries(10));
      // Behind those that are there, if there is an order.
      const seen = await iterate(storage.getIter('table'), (_, i) =>
        storage.set('table', `later${String(i).padStart(5, '0')}`, true),
      );
      expect(seen.filter(([key]) => key.startsWith('key'))).toHaveLength(10);
    },
  },
  {
    title: 'an iteration whose table is emptied meanwhile ends',
    async run({ storage }) {
      const entries = manyEntries(50);
      await store(storage, 'table', entries);
      const seen = await iterate(storage.getIter('table'), async (_, i) => {
        if (i === 0) {
          await storage.write(
            'table',
            entries.map(([key]) => deleteOp(key)),
          );
        }
      });
      expect(seen.length).toBeLessThanOrEqual(entries.length);
      expect(entries).toEqual(expect.arrayContaining(seen));
      expect(await storage.getAll('table')).toStrictEqual([]);
    },
  },
  {
    title: 'two iterations at once are two iterations',
    async run({ storage }) {
      const entries = manyEntries(20);
      await store(storage, 'table', entries);
      const inner: Entry[][] = [];
      const outer = await iterate(storage.getIter('table'), async () => {
        if (inner.length < 3) inner.push(await iterate(storage.getIter('table')));
      });
      for (const seen of [outer, ...inner]) expect(sorted(seen)).toStrictEqual(entries);
    },
  },
  {
    title: 'iterations that are left early leave the storage as it was',
    async run({ storage, close }) {
      const entries = manyEntries(50);
      await store(storage, 'table', entries);
      for (let i = 0; i < 50; i++) {
        let steps = 0;
        for await (const _ of storage.getIter('table')) {
          if (++steps > i % 3) break;
        }
        expect(steps).toBe((i % 3) + 1);
      }
      const thrown = new Error('by the loop');
      const failing = iterate(storage.getIter('table'), () => Promise.reject(thrown));
      await expect(failing).rejects.toBe(thrown);
      await storage.set('table', 'key0000', 'new');
      expect(await storage.get('table', 'key0000')).toBe('new');
      expect(await iterate(storage.getIter('table'))).toHaveLength(entries.length);
      await close();
    },
  },
  {
    title: 'an iteration shows the table as it was at its beginning',
    needs: 'snapshotIteration',
    async run({ storage }) {
      const entries = manyEntries(100);
      await store(storage, 'table', entries);
      const seen = await iterate(storage.getIter('table'), async ([key], i) => {
        await storage.set('table', `new${i}`, true);
        await storage.set('table', (entries[(i * 7) % 100] as Entry)[0], 'changed');
        await storage.del('table', (entries[(i * 3) % 100] as Entry)[0]);
        await storage.del('table', key);
      });
      expect(sorted(seen)).toStrictEqual(entries);
    },
  },
  {
    title: 'getIter and getAll go by the UTF-8 bytes of the keys',
    needs: 'ordered',
    async run({ storage }) {
      const keys = [
        ...['\0', '\0a', '\x01', ' ', '0', '00', '1', '10', '2', 'A', 'B', 'a', 'a\0', 'aa', 'b'],
        // In UTF-16, the last two come before the two in front of them.
        ...['\x7f', '\u0080', 'é', '߿', 'ࠀ', '\ue000', '\uffff', '\u{10000}', '😀'],
      ];
      const entries = keys.map((key, i): Entry => [key, BigInt(i)]);
      // Neither forwards nor backwards: 7 has no factor in common with their number.
      const shuffled = entries.map((_, i) => entries[(i * 7) % entries.length] as Entry);
      await store(storage, 'table', shuffled);
      expect(await storage.getAll('table')).toStrictEqual(entries);
      expect(await iterate(storage.getIter('table'))).toStrictEqual(entries);
    },
  },
];
