import type { Storage, Value } from '@kv/core';
import { expect } from 'vitest';
import { comparable } from '../comparable.js';
import { iterate, setOp } from '../entries.js';
import type { StorageCheck } from '../storage-check.js';

/** Values that engines are known to lose, to change, or to take for one another. */
export const awkwardValues: readonly (readonly [title: string, value: Value])[] = [
  ['text', 'hello'],
  ['the empty text', ''],
  ['text beyond ASCII', 'grüße, 世界, 😀'],
  ['text with NUL', 'a\0b\0'],
  ['text with a byte order mark', '\ufefftext'],
  ['text of digits', '1'],
  ['text that spells a boolean', 'true'],
  ['text that spells nothing', 'null'],
  ['text that is JSON', '{"a":[1]}'],
  ['100 KiB of text', 'é'.repeat(50 * 1024)],
  ['no bytes', new Uint8Array(0)],
  ['every byte', Uint8Array.from({ length: 256 }, (_, i) => i)],
  ['bytes that are no UTF-8', Uint8Array.of(0xff, 0xfe, 0x80, 0)],
  ['bytes that are text', Uint8Array.of(0x31)],
  ['200 KiB of bytes', Uint8Array.from({ length: 200 * 1024 }, (_, i) => i * 7)],
  ['the integer 0', 0n],
  ['the integer 1', 1n],
  ['the integer -1', -1n],
  ['an integer beyond what a double can hold', 2n ** 53n + 1n],
  ['the largest integer', 2n ** 63n - 1n],
  ['the smallest integer', -(2n ** 63n)],
  ['the float 0', 0],
  ['the float -0', -0],
  ['the float 1', 1],
  ['the float 0.1', 0.1],
  ['the float -1.5', -1.5],
  ['the largest float', Number.MAX_VALUE],
  ['the smallest float', Number.MIN_VALUE],
  ['a float beyond int64', 2 ** 64],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['true', true],
  ['false', false],
];

/** Every value comes back as itself, whichever way it is stored and read. */
export const valueChecks: readonly StorageCheck[] = [
  ...awkwardValues.map(
    ([title, value]): StorageCheck => ({
      title: `${title} comes back as itself from every method`,
      run: ({ storage }) => expectKept(storage, value),
    }),
  ),
  {
    title: 'each of 1n, 1, "1", true and the byte 1 replaces the others and is no other',
    async run({ storage }) {
      const alike: Value[] = [1n, 1, '1', true, Uint8Array.of(1), 1n];
      let old: Value | undefined;
      for (const value of alike) {
        expect(await storage.set('table', 'key', value)).toStrictEqual(old);
        expect(await storage.get('table', 'key')).toStrictEqual(value);
        old = value;
      }
    },
  },
];

async function expectKept(storage: Storage, value: Value): Promise<void> {
  expectSame(await storage.set('table', 'set', value), undefined, 'set');
  const op = setOp(['written', value]);
  expectSame(await storage.write('table', [op, op]), [undefined, value], 'write');
  for (const key of ['set', 'written']) {
    expectSame(await storage.get('table', key), value, 'get');
    expectSame(await storage.contains('table', key), true, 'contains');
    expectSame(await storage.set('table', key, value), value, 'old value of set');
  }
  expectSame(await storage.getMany('table', ['set']), [value], 'getMany');
  expectSame(await storage.del('table', 'set'), value, 'old value of del');
  expectSame(await storage.getAll('table'), [['written', value]], 'getAll');
  expectSame(await iterate(storage.getIter('table')), [['written', value]], 'getIter');
}

function expectSame(answer: unknown, expected: unknown, of: string): void {
  expect(comparable(answer), of).toStrictEqual(comparable(expected));
}
