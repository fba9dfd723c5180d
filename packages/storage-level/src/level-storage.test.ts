import { type Entry, isPromise } from '@kv/core';
import { MemoryLevel } from 'memory-level';
import { describe, expect, it } from 'vitest';
import { LevelStorage } from './level-storage.js';
import { LiveLevel } from './testing/live-level.js';
import { TestLevel } from './testing/test-level.js';

const entries = (count: number): Entry[] =>
  Array.from({ length: count }, (_, i) => [`key${String(i).padStart(5, '0')}`, BigInt(i)]);

describe('reading', () => {
  it('needs no promise where the database needs none, and nothing waits to be written', async () => {
    const storage = await LevelStorage.on(new TestLevel());
    await storage.set('t', 'a', 1n);
    expect(storage.get('t', 'a')).toBe(1n);
    expect(storage.get('t', 'b')).toBeUndefined();
    expect(storage.contains('t', 'a')).toBe(true);
    expect(storage.getMany('t', ['b', 'a'])).toEqual([undefined, 1n]);
  });

  it.each([true, false])(
    'waits for writes to the same entries alone (getSync: %s)',
    async (getSync) => {
      const db = new TestLevel({ getSync });
      const storage = await LevelStorage.on(db);
      await storage.write('t', [
        { op: 'set', key: 'a', value: 1n },
        { op: 'set', key: 'b', value: 2n },
      ]);
      await storage.set('other', 'a', 3n);
      const release = db.holdWrites();
      const writing = storage.set('t', 'a', 'new');
      const late = [storage.get('t', 'a'), storage.getMany('t', ['b', 'a']), storage.getAll('t')];
      expect(late.every((answer) => isPromise<unknown>(answer))).toBe(true);
      // All of these are answered while the write is not.
      expect(isPromise(storage.get('t', 'b'))).toBe(!getSync);
      expect(await storage.get('t', 'b')).toBe(2n);
      expect(await storage.contains('t', 'c')).toBe(false);
      expect(await storage.getMany('t', ['b', 'c'])).toEqual([2n, undefined]);
      expect(await storage.get('other', 'a')).toBe(3n);
      expect(await storage.getAll('other')).toEqual([['a', 3n]]);
      release();
      expect(await writing).toBe(1n);
      expect(await Promise.all(late)).toEqual([
        'new',
        [2n, 'new'],
        [
          ['a', 'new'],
          ['b', 2n],
        ],
      ]);
      expect(isPromise(storage.get('t', 'a'))).toBe(!getSync);
    },
  );
});

describe('writing', () => {
  it('is done together by those who come together', async () => {
    const db = new TestLevel();
    const storage = await LevelStorage.on(db);
    await Promise.all(entries(100).map(([key, value]) => storage.set('t', key, value)));
    expect(db.batches).toEqual([{ changes: 100, sync: true }]);
    const release = db.holdWrites();
    const first = storage.set('t', 'first', 1n);
    await Promise.resolve();
    const others = entries(10).map(([key]) => storage.del('t', key));
    release();
    await Promise.all([first, ...others]);
    expect(db.batches.slice(1)).toEqual([
      { changes: 1, sync: true },
      { changes: 10, sync: true },
    ]);
  });

  it('is done once for an entry, however often it is changed at one time', async () => {
    const db = new TestLevel();
    const storage = await LevelStorage.on(db);
    const old = await Promise.all([1n, 2n, 3n].map((value) => storage.set('t', 'a', value)));
    expect(old).toEqual([undefined, 1n, 2n]);
    expect(db.batches).toEqual([{ changes: 1, sync: true }]);
  });

  it('is done by no more than some hundreds together, since others want the event loop', async () => {
    const db = new TestLevel();
    const storage = await LevelStorage.on(db);
    await Promise.all(entries(2_000).map(([key, value]) => storage.set('t', key, value)));
    expect(Math.max(...db.batches.map(({ changes }) => changes))).toBe(512);
    expect(await storage.getAll('t')).toEqual(entries(2_000));
  });

  it('is done all at once for a write, however many ops it has', async () => {
    const db = new TestLevel();
    const storage = await LevelStorage.on(db);
    const ops = entries(2_000).map(([key, value]) => ({ op: 'set' as const, key, value }));
    await storage.write('t', ops);
    expect(db.batches).toEqual([{ changes: 2_000, sync: true }]);
  });

  it('is not done to delete what is not there', async () => {
    const db = new TestLevel();
    const storage = await LevelStorage.on(db);
    expect(await storage.del('t', 'a')).toBeUndefined();
    expect(await storage.write('t', [{ op: 'delete', key: 'a' }])).toEqual([undefined]);
    expect(db.batches).toEqual([]);
  });

  it('is not synced if it is not to be', async () => {
    const db = new TestLevel();
    const storage = await LevelStorage.on(db, { sync: false });
    await storage.set('t', 'a', 1n);
    expect(db.batches).toEqual([{ changes: 1, sync: false }]);
  });

  it('is counted', async () => {
    const storage = await LevelStorage.on(new TestLevel(), { sync: false });
    expect(storage.stats()).toEqual({ batches: 0, changes: 0, readOnly: false, sync: false });
    await Promise.all([storage.set('t', 'a', 1n), storage.set('t', 'b', 1n)]);
    await storage.del('t', 'a');
    expect(storage.stats()).toEqual({ batches: 2, changes: 3, readOnly: false, sync: false });
  });
});

describe('an iteration', () => {
  it('holds nothing before its first step, nor after it was left or has failed', async () => {
    const db = new TestLevel();
    const storage = await LevelStorage.on(db);
    await storage.write(
      't',
      entries(500).map(([key, value]) => ({ op: 'set', key, value })),
    );
    storage.getIter('t');
    expect(db.iterators).toBe(0);
    for await (const [key] of storage.getIter('t')) {
      expect(db.iterators).toBe(1);
      if (key === 'key00150') break;
    }
    expect(db.iterators).toBe(0);
    const failing = async (): Promise<void> => {
      for await (const _ of storage.getIter('t')) db.readFailure = new Error('unreadable');
    };
    await expect(failing()).rejects.toMatchObject({ code: 'STORAGE_FAILURE' });
    expect(db.iterators).toBe(0);
  });

  it('that is under way when the storage is closed fails at its next step', async () => {
    const storage = await LevelStorage.on(new TestLevel());
    await storage.set('t', 'a', 1n);
    await storage.set('t', 'b', 1n);
    const iterator = storage.getIter('t')[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: ['a', 1n] });
    await storage.close();
    await expect(iterator.next()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('reads as it goes, and not all of the table at its beginning', async () => {
    const db = new TestLevel();
    const storage = await LevelStorage.on(db);
    await storage.write(
      't',
      entries(500).map(([key, value]) => ({ op: 'set', key, value })),
    );
    let seen = 0;
    const reading = async (): Promise<void> => {
      for await (const _ of storage.getIter('t')) {
        seen++;
        db.readFailure = new Error('unreadable');
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: 'STORAGE_FAILURE' });
    expect(seen).toBeLessThan(500);
    expect(seen).toBeGreaterThan(0);
  });
});

describe('an iteration without snapshots', () => {
  it('ends where the table ended, though each step adds to it', async () => {
    const storage = await LevelStorage.on(new LiveLevel(() => 0));
    await storage.write(
      't',
      entries(250).map(([key, value]) => ({ op: 'set', key, value })),
    );
    const seen: string[] = [];
    for await (const [key] of storage.getIter('t')) {
      seen.push(key);
      await storage.set('t', `later ${seen.length}`, 1n);
    }
    expect(seen).toEqual(entries(250).map(([key]) => key));
  });
});

describe('reading a table', () => {
  const all = { position: undefined, prefix: '', limit: 10, maxBytes: 1_000 };

  it('leaves no iterator behind, whether or not it succeeds', async () => {
    const db = new TestLevel();
    const storage = await LevelStorage.on(db);
    await storage.set('t', 'a', 1n);
    await Promise.all([storage.getAll('t'), storage.scan('t', all)]);
    expect(db.iterators).toBe(0);
    db.readFailure = new Error('unreadable');
    await Promise.allSettled([storage.getAll('t'), storage.scan('t', all)]);
    expect(db.iterators).toBe(0);
  });

  it('comes to its end before the storage closes', async () => {
    const storage = await LevelStorage.on(new LiveLevel(() => 0.5));
    await Promise.all(entries(3).map(([key, value]) => storage.set('t', key, value)));
    const reading = Promise.all([
      storage.getAll('t'),
      storage.get('t', 'key00001'),
      storage.scan('t', all),
    ]);
    await storage.close();
    expect(await reading).toEqual([entries(3), 1n, { entries: entries(3), next: undefined }]);
  });
});

describe('what a database can do', () => {
  it('is what the storage declares', async () => {
    const { capabilities } = await LevelStorage.on(new MemoryLevel());
    expect(capabilities).toEqual({
      persistent: false,
      ordered: true,
      snapshotIteration: true,
      lane: false,
      feed: false,
    });
  });

  it('must be to keep bytes', async () => {
    await expect(LevelStorage.on(new MemoryLevel({ storeEncoding: 'utf8' }))).rejects.toMatchObject(
      {
        code: 'UNSUPPORTED',
      },
    );
  });

  it('leaves alone what else there is in it', async () => {
    const db = new MemoryLevel();
    await db.put('t', 'of somebody else');
    await db.put('t\0', 'of somebody else');
    const storage = await LevelStorage.on(db);
    await storage.set('t', 'a', 1n);
    expect(await storage.getAll('t')).toEqual([['a', 1n]]);
    expect(await db.get('t')).toBe('of somebody else');
    await storage.close();
    expect(db.status).toBe('closed');
  });
});
