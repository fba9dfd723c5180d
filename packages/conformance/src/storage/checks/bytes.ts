import type { Storage, Value } from '@kv/core';
import { expect } from 'vitest';
import { iterate, setOp } from '../entries.js';
import { pageOf } from '../scan.js';
import type { StorageCheck } from '../storage-check.js';

/** A new array each time, since checks write over it. */
const bytes = (): Uint8Array => Uint8Array.of(1, 2, 3, 4);

/** Binary values are the engine's own, and the caller's own. */
export const byteChecks: readonly StorageCheck[] = [
  {
    title: 'bytes that are written over once they are stored do not change what is stored',
    async run({ storage }) {
      const [one, two] = [bytes(), bytes()];
      await storage.set('table', 'one', one);
      await storage.write('table', [setOp(['two', two])]);
      one.fill(9);
      two.fill(9);
      await expectStored(storage, ['one', 'two']);
    },
  },
  {
    title: 'bytes that are written over right after the call do not change what is stored',
    async run({ storage }) {
      const [one, two] = [bytes(), bytes()];
      const setting = storage.set('table', 'one', one);
      one.fill(9);
      const writing = storage.write('table', [setOp(['two', two])]);
      two.fill(9);
      await Promise.all([setting, writing]);
      await expectStored(storage, ['one', 'two']);
    },
  },
  ...(
    [
      ['get', (storage) => storage.get('table', 'key')],
      ['getMany', async (storage) => (await storage.getMany('table', ['key']))[0]],
      ['getAll', async (storage) => (await storage.getAll('table'))[0]?.[1]],
      ['getIter', async (storage) => (await iterate(storage.getIter('table')))[0]?.[1]],
      ['scan', async (storage) => (await pageOf(storage, 'table')).entries[0]?.[1]],
    ] satisfies [string, (storage: Storage) => unknown][]
  ).map(
    ([method, read]): StorageCheck => ({
      title: `bytes that ${method} answered may be written over`,
      async run({ storage }) {
        await storage.set('table', 'key', bytes());
        const answered = await read(storage);
        expect(answered).toStrictEqual(bytes());
        (answered as Uint8Array).fill(9);
        await expectStored(storage, ['key']);
      },
    }),
  ),
  {
    title: 'bytes that were answered stay as they are when the key is written again',
    async run({ storage }) {
      await storage.set('table', 'key', bytes());
      const answered = await readEveryWay(storage);
      answered.push(await storage.set('table', 'key', Uint8Array.of(5, 6, 7, 8)));
      await storage.set('table', 'key', Uint8Array.of(6, 7, 8, 9));
      await storage.del('table', 'key');
      await storage.set('table', 'other', Uint8Array.of(7, 8, 9, 0));
      expect(answered).toStrictEqual(answered.map(bytes));
    },
  },
  {
    title: 'of a view into a larger buffer, just the bytes in view are stored',
    async run({ storage }) {
      const larger = Uint8Array.of(0, 0, 1, 2, 3, 4, 0, 0);
      await storage.set('table', 'one', larger.subarray(2, 6));
      await storage.write('table', [setOp(['two', new Uint8Array(larger.buffer, 2, 4)])]);
      await storage.set('table', 'none', larger.subarray(3, 3));
      await expectStored(storage, ['one', 'two']);
      expect(await storage.get('table', 'none')).toStrictEqual(new Uint8Array(0));
    },
  },
  {
    // A Buffer's `slice` shares memory where that of a Uint8Array copies: callers must not have to
    // know which engine they are on.
    title: 'a Buffer that is stored comes back as a plain Uint8Array',
    async run({ storage }) {
      const buffer = Buffer.from(bytes());
      await storage.set('table', 'one', buffer);
      await storage.write('table', [setOp(['key', buffer])]);
      buffer.fill(9);
      await expectStored(storage, ['one', 'key']);
      await storage.del('table', 'one');
      const answered = await readEveryWay(storage);
      expect(answered).toStrictEqual(answered.map(bytes));
      expect(await storage.set('table', 'key', buffer)).toStrictEqual(bytes());
    },
  },
];

async function expectStored(storage: Storage, keys: readonly string[]): Promise<void> {
  expect(await storage.getMany('table', keys)).toStrictEqual(keys.map(bytes));
}

/** What each reading method answers for `key`, the only key of the table. */
async function readEveryWay(storage: Storage): Promise<(Value | undefined)[]> {
  return [
    await storage.get('table', 'key'),
    ...(await storage.getMany('table', ['key', 'key'])),
    ...(await storage.getAll('table')).map(([, value]) => value),
    ...(await iterate(storage.getIter('table'))).map(([, value]) => value),
    ...(await pageOf(storage, 'table')).entries.map(([, value]) => value),
  ];
}
