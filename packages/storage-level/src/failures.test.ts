import type { Storage } from '@kv/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { LevelStorage } from './level-storage.js';
import { placeOf } from './place.js';
import { TestLevel } from './testing/test-level.js';

const cause = new Error('IO error: the disk is on fire');

/** Every way to read the entry `key`. */
const reads: Readonly<Record<string, (storage: Storage) => unknown>> = {
  get: (storage) => storage.get('t', 'key'),
  contains: (storage) => storage.contains('t', 'key'),
  getMany: (storage) => storage.getMany('t', ['other', 'key']),
  getAll: (storage) => storage.getAll('t'),
  getIter: (storage) => collect(storage.getIter('t')),
  scan: (storage) =>
    storage.scan('t', { position: undefined, prefix: '', limit: 10, maxBytes: 1_000 }),
};
/** Every way to change it. */
const writes: Readonly<Record<string, (storage: Storage) => unknown>> = {
  set: (storage) => storage.set('t', 'key', 'new'),
  del: (storage) => storage.del('t', 'key'),
  write: (storage) =>
    storage.write('t', [
      { op: 'delete', key: 'other' },
      { op: 'set', key: 'key', value: 'new' },
    ]),
};

async function collect<T>(items: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What a call fails with, thrown or rejected. */
async function failing(call: () => unknown): Promise<unknown> {
  try {
    return { answered: await call() };
  } catch (error) {
    return error;
  }
}

describe.each([true, false])('a database that fails (getSync: %s)', (getSync) => {
  let db: TestLevel;
  let storage: LevelStorage;
  beforeEach(async () => {
    db = new TestLevel({ getSync });
    storage = await LevelStorage.on(db);
    await storage.set('t', 'key', 'value');
    await storage.set('t', 'other', 'other value');
  });

  it.each(Object.entries({ ...reads, ...writes }))(
    'to read: %s fails with its error, and changes nothing',
    async (_, call) => {
      db.readFailure = cause;
      expect(await failing(() => call(storage))).toMatchObject({
        name: 'KvError',
        code: 'STORAGE_FAILURE',
        message: 'The database cannot be read',
        cause,
      });
      db.readFailure = undefined;
      expect(await storage.getMany('t', ['key', 'other'])).toEqual(['value', 'other value']);
      expect(await storage.set('t', 'key', 'new')).toBe('value');
    },
  );

  it.each(Object.entries({ ...reads, ...writes }))(
    'to give an entry as it was stored: %s fails, and changes nothing',
    async (_, call) => {
      await db.corrupt(Buffer.from(placeOf('t', 'key')), (record) => {
        record[3] = (record[3] as number) ^ 1;
        return record;
      });
      expect(await failing(() => call(storage))).toMatchObject({
        code: 'STORAGE_FAILURE',
        message: 'An entry of the database is damaged',
      });
      expect(await storage.get('t', 'other')).toBe('other value');
      expect(await storage.set('t', 'other', 'new')).toBe('other value');
    },
  );

  it('to read one entry: calls about others that come with it do not fail', async () => {
    db.readFailure = cause;
    db.failingKey = Buffer.from(placeOf('t', 'key'));
    const calls = await Promise.allSettled([
      storage.set('t', 'other', 1n),
      storage.set('t', 'key', 2n),
      storage.set('t', 'other', 3n),
      storage.get('t', 'other'),
    ]);
    expect(calls).toEqual([
      { status: 'fulfilled', value: 'other value' },
      { status: 'rejected', reason: expect.objectContaining({ code: 'STORAGE_FAILURE', cause }) },
      { status: 'fulfilled', value: 1n },
      { status: 'fulfilled', value: 3n },
    ]);
  });

  it.each(Object.entries(writes))('to write: %s fails with its error', async (_, call) => {
    db.writeFailure = cause;
    expect(await failing(() => call(storage))).toMatchObject({
      name: 'KvError',
      code: 'STORAGE_FAILURE',
      message: 'The database cannot be written',
      cause,
    });
    expect(await storage.getMany('t', ['key', 'other'])).toEqual(['value', 'other value']);
  });

  it('to write: all that was to be written together fails, and reads between see none of it', async () => {
    db.writeFailure = cause;
    const failed = expect.objectContaining({ code: 'STORAGE_FAILURE', cause });
    const calls = await Promise.allSettled([
      storage.set('t', 'key', 1n),
      storage.get('t', 'key'),
      storage.del('t', 'other'),
      storage.getMany('t', ['key', 'other']),
      storage.getAll('t'),
      storage.set('t', 'key', 2n),
      storage.contains('t', 'key'),
    ]);
    expect(calls).toEqual([
      { status: 'rejected', reason: failed },
      { status: 'fulfilled', value: 'value' },
      { status: 'rejected', reason: failed },
      { status: 'fulfilled', value: ['value', 'other value'] },
      {
        status: 'fulfilled',
        value: [
          ['key', 'value'],
          ['other', 'other value'],
        ],
      },
      { status: 'rejected', reason: failed },
      { status: 'fulfilled', value: true },
    ]);
  });

  it('to write is not asked to again, and goes on to be read', async () => {
    db.writeFailure = cause;
    await failing(() => storage.set('t', 'key', 'new'));
    db.writeFailure = undefined;
    expect(storage.stats().readOnly).toBe(true);
    const before = db.batches.length;
    for (const write of Object.values(writes)) {
      expect(await failing(() => write(storage))).toMatchObject({
        code: 'STORAGE_FAILURE',
        message: expect.stringContaining('no more writes since one has failed'),
        cause,
      });
    }
    expect(db.batches).toHaveLength(before);
    expect(await storage.get('t', 'key')).toBe('value');
    await storage.close();
  });

  it('to close tells so, and the storage is closed all the same', async () => {
    db.closeFailure = cause;
    expect(await failing(() => storage.close())).toMatchObject({
      code: 'STORAGE_FAILURE',
      message: 'The database cannot be closed',
      cause,
    });
    expect(await failing(() => storage.get('t', 'key'))).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('because somebody else has closed it: all fails with its error', async () => {
    await db.close();
    const closed = { code: 'STORAGE_FAILURE', cause: { code: 'LEVEL_DATABASE_NOT_OPEN' } };
    for (const call of Object.values({ ...reads, ...writes })) {
      expect(await failing(() => call(storage))).toMatchObject(closed);
    }
  });
});

describe('a database that gives null', () => {
  it('for an entry it could not read has failed', async () => {
    const db = new TestLevel({ getSync: false });
    const storage = await LevelStorage.on(db);
    Object.assign(db, { getMany: async (keys: Buffer[]) => keys.map(() => null) });
    await expect(storage.get('t', 'key')).rejects.toMatchObject({ code: 'STORAGE_FAILURE' });
  });
});

describe('a database that cannot be opened', () => {
  it('is refused with its error', async () => {
    const db = new TestLevel();
    Object.assign(db, { open: () => Promise.reject(cause) });
    await expect(LevelStorage.on(db)).rejects.toMatchObject({ code: 'STORAGE_FAILURE', cause });
  });
});
