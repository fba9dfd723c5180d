import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../engine.js';
import { MemoryStorage } from '../storage/memory-storage.js';

/** What the README says that a table holds. */
const ENTRIES = 16_777_216;

describe('a table in memory that is as full as it can be', { timeout: 300_000 }, () => {
  const storage = new MemoryStorage();
  const engine = new Engine({ storage, onError: () => {} });
  const kv = engine.client();
  const key = (i: number): string => `key ${i}`;

  beforeAll(() => {
    for (let i = 0; i < ENTRIES; i++) storage.set('full', key(i), BigInt(i));
  }, 300_000);
  afterAll(() => engine.close());

  it('refuses one entry more, and says why', async () => {
    const more = [kv.hset('full', 'more', true), kv.hmset('full', [['more', true]])];
    for (const result of await Promise.allSettled(more)) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'STORAGE_FAILURE',
          message: `A table can hold no more than ${ENTRIES} entries`,
        },
      });
    }
    expect(await kv.hexist('full', 'more')).toBe(false);
  });

  it('is written over, whichever entry it is', async () => {
    for (const i of [0, ENTRIES / 2, ENTRIES - 1]) {
      expect(await kv.hset('full', key(i), 'new')).toBe(BigInt(i));
      expect(await kv.hset('full', key(i), BigInt(i))).toBe('new');
    }
  });

  it('gives up what is deleted', async () => {
    for (const i of [0, ENTRIES / 2, ENTRIES - 1]) {
      expect(await kv.hdel('full', key(i))).toBe(BigInt(i));
      expect(await kv.hget('full', key(i))).toBe(null);
    }
    expect(await kv.hset('full', key(1), 'new')).toBe(1n);
  });

  it('takes another in the place of one that was deleted', async () => {
    expect(await kv.hset('full', 'another', true)).toBe(null);
    await expect(kv.hset('full', 'more', true)).resolves.toBe(null);
    await expect(kv.hset('full', 'one too many', true)).resolves.toBe(null);
    await expect(kv.hset('full', key(0), 0n)).rejects.toThrow('can hold no more');
  });

  it('leaves room in other tables', async () => {
    expect(await kv.hset('other', 'k', true)).toBe(null);
  });

  it('is emptied again', () => {
    for (let i = 0; i < ENTRIES; i++) storage.del('full', key(i));
    for (const each of ['another', 'more', 'one too many']) storage.del('full', each);
    expect(storage.getAll('full')).toEqual([]);
    expect(storage.set('full', 'k', true)).toBe(undefined);
  });
});
