import { expect } from 'vitest';
import { setOp, store } from '../entries.js';
import { expectModelled } from '../model.js';
import type { StorageCheck } from '../storage-check.js';

const CALLS = 100;
const SEEDS = 20;

/** Calls take effect one after the other, in the order of the calls, whether or not waited for. */
export const concurrencyChecks: readonly StorageCheck[] = [
  {
    title: 'sets of a key that are not waited for answer true old values',
    async run({ storage }) {
      const values = Array.from({ length: CALLS }, (_, i) => BigInt(i));
      const old = await Promise.all(values.map((value) => storage.set('table', 'key', value)));
      expect(old).toStrictEqual([undefined, ...values.slice(0, -1)]);
      expect(await storage.get('table', 'key')).toBe(values.at(-1));
    },
  },
  {
    title: 'a read sees the writes that were called before it, and none after',
    async run({ storage }) {
      const answers = await Promise.all([
        storage.get('table', 'key'),
        storage.set('table', 'key', 1n),
        storage.get('table', 'key'),
        storage.getAll('table'),
        storage.contains('table', 'key'),
        storage.write('table', [setOp(['key', 2n]), setOp(['key', 3n])]),
        storage.getMany('table', ['key', 'key']),
        storage.del('table', 'key'),
        storage.contains('table', 'key'),
        storage.del('table', 'key'),
        storage.set('table', 'key', 4n),
      ]);
      expect(answers).toStrictEqual([
        ...[undefined, undefined, 1n, [['key', 1n]], true, [1n, 2n], [3n, 3n], 3n, false],
        ...[undefined, undefined],
      ]);
    },
  },
  {
    title: 'of a key that is deleted many times at once, one call answers the value',
    async run({ storage }) {
      await storage.set('table', 'key', 'value');
      const old = await Promise.all(
        Array.from({ length: CALLS }, () => storage.del('table', 'key')),
      );
      expect(old).toStrictEqual(['value', ...Array(CALLS - 1).fill(undefined)]);
    },
  },
  {
    title: 'getMany and getAll never see half of a write',
    async run({ storage }) {
      await store(storage, 'table', [
        ['a', 0n],
        ['b', 0n],
      ]);
      const reads = Array.from({ length: CALLS }, (_, i) => {
        const value = BigInt(i);
        return [
          storage.write('table', [setOp(['a', value]), setOp(['b', value])]),
          storage.getMany('table', ['a', 'b']),
          storage.getAll('table'),
        ] as const;
      });
      for (const [i, [, many, all]] of reads.entries()) {
        expect(await many).toStrictEqual([BigInt(i), BigInt(i)]);
        expect((await all).map(([, value]) => value)).toStrictEqual([BigInt(i), BigInt(i)]);
      }
    },
  },
  {
    title: `calls that overlap answer what they would one by one (${SEEDS} seeds)`,
    async run({ storage, seed }) {
      for (let i = 0; i < SEEDS; i++) await expectModelled(storage, `table${i}`, seed + i);
    },
  },
];
