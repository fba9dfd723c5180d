import type { Entry, Value } from '@kv/core';
import { expect, it } from 'vitest';
import { ModelStorage } from '../testing/model-storage.js';
import { readTable } from './read-table.js';

const KEYS = ['a', 'b', 'c'];

class Filled extends ModelStorage {
  constructor() {
    super();
    super.set('t', 'c', 1n);
    super.set('t', 'a', 'text');
  }
}

it('answers all there is, by key', async () => {
  const entries = await readTable(new Filled(), 't', KEYS);
  expect(entries).toStrictEqual([
    ['a', 'text "text"'],
    ['c', 'integer 1'],
  ]);
});

it('answers what is under keys that nobody knows', async () => {
  const storage = new Filled();
  storage.set('t', 'stray', true);
  expect(await readTable(storage, 't', KEYS)).toContainEqual(['stray', 'boolean true']);
});

it.each([
  [
    'getMany answers ["c","integer 1"], getAll ["a","text \\"text\\""]',
    class extends Filled {
      override getMany(table: string): (Value | undefined)[] {
        return super.getMany(table, ['b', 'b', 'c']);
      }
    },
  ],
  [
    'getIter answers undefined, getAll ["c","integer 1"]',
    class extends Filled {
      override *getIter(): Generator<Entry, void, undefined> {
        yield ['a', 'text'];
      }
    },
  ],
])('refuses a table of which %s', async (wrong, Faulty) => {
  const reading = readTable(new Faulty(), 't', KEYS);
  await expect(reading).rejects.toThrow(`Of table "t", ${wrong}`);
});
