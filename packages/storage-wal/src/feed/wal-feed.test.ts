import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandRequest, Engine, type FeedChange, type Position, type Value } from '@kv/core';
import { ByteWriter, straightLineCodec } from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { randomFrom } from '../testing/random.js';
import { failure, SimulatedFileSystem } from '../testing/simulated-file-system.js';
import { openStorage } from '../testing/test-storage.js';
import type { WalStorage } from '../wal-storage.js';

let directory: string;
let fileSystem: SimulatedFileSystem;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-wal-feed-'));
  fileSystem = new SimulatedFileSystem();
});
afterEach(() => rm(directory, { recursive: true }));

const GONE: unknown = expect.objectContaining({ code: 'GONE' });

async function keysAfter(storage: WalStorage, position: Position): Promise<string[]> {
  const changes: FeedChange[] = [];
  for await (const some of storage.feed.history('t', position)) changes.push(...some);
  return changes.map(({ key }) => key);
}

function keysTold(storage: WalStorage): string[] {
  const keys: string[] = [];
  storage.feed.listen('t', ({ key }) => keys.push(key));
  return keys;
}

async function setAll(storage: WalStorage, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await storage.set('t', key, 'x'.repeat(100));
}

describe('a feed of a log', () => {
  it('goes back over segments and openings, as far as the log is kept', async () => {
    const { storage } = await openStorage(directory, fileSystem);
    const start = storage.feed.position;
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
    await setAll(storage, ...keys.slice(0, 20));
    const middle = storage.feed.position;
    await setAll(storage, ...keys.slice(20));
    expect(
      fileSystem.files(directory).filter((name) => /segment/.test(name)).length,
    ).toBeGreaterThan(3);
    expect(await keysAfter(storage, start)).toEqual(keys);
    await storage.close();
    const { storage: again } = await openStorage(directory, fileSystem);
    await setAll(again, 'later');
    expect(await keysAfter(again, start)).toEqual([...keys, 'later']);
    expect(await keysAfter(again, middle)).toEqual([...keys.slice(20), 'later']);
    await again.snapshot();
    await setAll(again, 'last');
    await expect(keysAfter(again, start)).rejects.toThrow(GONE);
    await expect(keysAfter(again, middle)).rejects.toThrow(GONE);
    expect(await keysAfter(again, again.feed.position)).toEqual([]);
    await again.close();
  });

  it('knows the positions of openings in which nothing was written', async () => {
    const positions: Position[] = [];
    for (let i = 0; i < 4; i++) {
      const { storage } = await openStorage(directory, fileSystem);
      positions.push(storage.feed.position);
      if (i === 1) await setAll(storage, 'a');
      positions.push(storage.feed.position);
      await storage.close();
    }
    const { storage } = await openStorage(directory, fileSystem);
    for (const [i, position] of positions.entries()) {
      expect(await keysAfter(storage, position)).toEqual(i < 3 ? ['a'] : []);
    }
    const later = { epoch: storage.feed.position.epoch + 1, sequence: 1 };
    await expect(keysAfter(storage, later)).rejects.toThrow(GONE);
    await storage.close();
  });

  it('says GONE of the positions of a copy that went a way of its own', async () => {
    const { storage } = await openStorage(directory, fileSystem, { newEpochTag: () => 1 });
    await setAll(storage, 'a');
    const shared = storage.feed.position;
    const backup = fileSystem.copy();
    await setAll(storage, 'lost');
    const unshared = storage.feed.position;
    await storage.close();
    const ways: [Position, WalStorage][] = [];
    for (const [i, files] of [fileSystem, backup].entries()) {
      const { storage } = await openStorage(directory, files, { newEpochTag: () => 2 + i });
      await setAll(storage, `b${i}`, `c${i}`);
      ways.push([storage.feed.position, storage]);
      await storage.close();
    }
    const [[original], [restored]] = ways as [(typeof ways)[0], (typeof ways)[0]];
    const { storage: again } = await openStorage(directory, backup);
    await setAll(again, 'd');
    expect(await keysAfter(again, shared)).toEqual(['b1', 'c1', 'd']);
    expect(await keysAfter(again, restored)).toEqual(['d']);
    // As far as it counts, its epoch is one of both.
    await expect(keysAfter(again, original)).rejects.toThrow(GONE);
    const earlier = { ...original, sequence: original.sequence - 2 };
    await expect(keysAfter(again, earlier)).rejects.toThrow(GONE);
    await expect(keysAfter(again, unshared)).rejects.toThrow(GONE);
    await again.close();
  });

  it('has epochs that no other store has', async () => {
    const epochs = new Set<number>();
    for (let i = 0; i < 20; i++) {
      const { storage } = await openStorage(directory, new SimulatedFileSystem());
      epochs.add(storage.feed.position.epoch);
      await storage.close();
    }
    // Two may be the same by chance, once in ten thousand times.
    expect(epochs.size).toBeGreaterThan(15);
  });

  it('tells again what came before with the positions that it had', async () => {
    const positions: Position[] = [];
    const { storage } = await openStorage(directory, fileSystem);
    const start = storage.feed.position;
    for (let i = 0; i < 3; i++) {
      const { storage: each } = i === 0 ? { storage } : await openStorage(directory, fileSystem);
      each.feed.listen('t', ({ position }) => positions.push(position));
      await setAll(each, `k${i}`);
      await each.close();
    }
    const { storage: again } = await openStorage(directory, fileSystem);
    const told: Position[] = [];
    for await (const some of again.feed.history('t', start)) {
      told.push(...some.map(({ position }) => position));
    }
    expect(told).toEqual(positions);
    await again.close();
  });

  it('tells with everysec what is on the disk, and not before', async () => {
    const { storage, clock } = await openStorage(directory, fileSystem, { fsync: 'everysec' });
    const told = keysTold(storage);
    const { sequence } = storage.feed.position;
    await setAll(storage, 'a', 'b');
    expect(told).toEqual([]);
    expect(storage.feed.position.sequence).toBe(sequence);
    // What was applied already is not new to who comes now.
    const late: string[] = [];
    const { position } = storage.feed.listen('t', ({ key }) => late.push(key));
    expect(position.sequence).toBe(sequence + 2);
    await setAll(storage, 'c');
    await clock.pass(1000);
    expect(told).toEqual(['a', 'b', 'c']);
    expect(late).toEqual(['c']);
    expect(storage.feed.position.sequence).toBe(sequence + 3);
    // Whoever asks for it is told at once, so that nothing lies between what is read and what is listened to.
    await setAll(storage, 'd');
    expect(await keysAfter(storage, position)).toEqual(['c', 'd']);
    expect(told).toEqual(['a', 'b', 'c', 'd']);
    await storage.close();
  });

  it('has pages of what is on the disk, for which nobody has to wait a second', async () => {
    const { storage } = await openStorage(directory, fileSystem, { fsync: 'everysec' });
    const told = keysTold(storage);
    await setAll(storage, 'a', 'b');
    const request = { position: undefined, prefix: '', limit: 10, maxBytes: 1e6 };
    const { page, position } = await storage.feed.page('t', request);
    expect(page.entries.map(([key]) => key).sort()).toEqual(['a', 'b']);
    expect([told, storage.feed.position]).toEqual([['a', 'b'], position]);
    await storage.close();
  });

  it('says GONE of a position that a crash of the machine took back', async () => {
    const { storage } = await openStorage(directory, fileSystem, { fsync: 'never' });
    await setAll(storage, 'a');
    await storage.close();
    const { storage: second } = await openStorage(directory, fileSystem, { fsync: 'never' });
    const kept = second.feed.position;
    await setAll(second, 'b', 'c');
    const lost = second.feed.position;
    const crashed = fileSystem.afterCrash(() => 1);
    await second.close();
    const { storage: third } = await openStorage(directory, crashed, { fsync: 'never' });
    await setAll(third, 'd', 'e', 'f');
    expect(third.feed.position.sequence).toBeGreaterThan(lost.sequence);
    await expect(keysAfter(third, lost)).rejects.toThrow(GONE);
    expect(await keysAfter(third, kept)).toEqual(['d', 'e', 'f']);
    await third.close();
  });

  it('tells what comes by the lane as what comes by calls', async () => {
    const { storage } = await openStorage(directory, fileSystem);
    const told: FeedChange[] = [];
    storage.feed.listen('t', (change) => told.push(change));
    const engine = new Engine({ storage });
    const session = engine.openSession({ transport: 'test', address: 'test' });
    const out = new ByteWriter();
    const value = (text: string) => ({ value: { case: 'string', value: text } }) as const;
    for (const request of [
      commandRequest('hset', { table: 't', pair: { key: 'k', value: value('one') } }),
      commandRequest('hset', { table: 't', pair: { key: 'k', value: value('two') } }),
      commandRequest('hset', { table: 'other', pair: { key: 'k', value: value('x') } }),
      commandRequest('hdel', { table: 't', key: 'k' }),
      commandRequest('hdel', { table: 't', key: 'k' }),
      commandRequest('hset', { table: 't', pair: { key: 'last', value: value('y') } }),
    ]) {
      straightLineCodec.encodeRequest(request, out);
      const bytes = out.take();
      await new Promise<void>((end) => {
        const sink = { begin: () => new ByteWriter(), end, cancel() {}, failed() {}, send() {} };
        const outcome = session.answer(bytes, 0, bytes.length, out, 0, sink);
        expect(outcome).toBe('deferred');
      });
    }
    expect(told.map(({ key, cause, value, old }) => [key, cause, value, old])).toEqual([
      ['k', 'set', 'one', undefined],
      ['k', 'set', 'two', 'one'],
      ['k', 'delete', undefined, 'two'],
      ['last', 'set', 'y', undefined],
    ]);
    expect(told.map(({ position }) => position.sequence)).toEqual([1, 2, 4, 6]);
    const start = { epoch: storage.feed.position.epoch, sequence: 0 };
    // The log does not tell what deleted nothing.
    expect(await keysAfter(storage, start)).toEqual(['k', 'k', 'k', 'k', 'last']);
    session.close();
    await engine.close();
  });

  describe('with old values', () => {
    const setOp = (key: string, value: Value) => ({ op: 'set', key, value }) as const;
    const deleteOp = (key: string) => ({ op: 'delete', key }) as const;

    /** Writes to a few keys that are not waited for, several to the same in one block of the log. */
    async function writeMany(storage: WalStorage, random: () => number): Promise<void> {
      const pick = <Item>(items: readonly Item[]): Item =>
        items[Math.floor(random() * items.length)] as Item;
      const value = (): Value => pick([1n, 2.5, true, 'text', '', Uint8Array.of(1, 2), random()]);
      const key = (): string => pick(['a', 'b', '\u00e4'.repeat(9)]);
      for (let burst = 0; burst < 20; burst++) {
        const writes = Array.from({ length: 10 }, () => {
          const table = pick(['t', 'other']);
          if (random() < 0.3) return storage.del(table, key());
          if (random() < 0.5) return storage.set(table, key(), value());
          return storage.write(table, [setOp(key(), value()), deleteOp(key()), deleteOp('none')]);
        });
        await Promise.all(writes);
      }
    }

    it.each(['always', 'everysec', 'never'] as const)(
      'tells again what it has told, with what was there before: fsync %s',
      async (fsync) => {
        const options = { fsync, logOldValues: true };
        const told: FeedChange[] = [];
        let start: Position | undefined;
        for (let opening = 0; opening < 3; opening++) {
          const { storage, clock } = await openStorage(directory, fileSystem, options);
          start ??= storage.feed.position;
          storage.feed.listen('t', (change) => told.push(change));
          await writeMany(storage, randomFrom(opening));
          await clock.pass(1000);
          for (const [i, { position }] of [{ position: start }, ...told].entries()) {
            if (i % 20 > 0) continue;
            const again: FeedChange[] = [];
            for await (const some of storage.feed.history('t', position)) again.push(...some);
            expect(again).toEqual(told.slice(i));
          }
          await storage.close();
        }
        expect(told.length).toBeGreaterThan(100);
      },
    );

    it('goes without those of what was logged without', async () => {
      let start: Position | undefined;
      for (const [i, logOldValues] of [true, false, true].entries()) {
        const { storage } = await openStorage(directory, fileSystem, { logOldValues });
        start ??= storage.feed.position;
        await storage.set('t', 'k', BigInt(i));
        await storage.close();
      }
      const { storage } = await openStorage(directory, fileSystem);
      const olds: unknown[] = [];
      for await (const some of storage.feed.history('t', start as Position)) {
        olds.push(...some.map(({ old, oldKnown }) => [old, oldKnown]));
      }
      expect(olds).toEqual([
        [undefined, true],
        [undefined, false],
        [1n, true],
      ]);
      await storage.close();
    });
  });

  it('tells nothing of a change that the disk did not take', async () => {
    const { storage } = await openStorage(directory, fileSystem);
    const told = keysTold(storage);
    await setAll(storage, 'a');
    fileSystem.onCall = ({ operation, path }) => {
      if (operation === 'write') throw failure('ENOSPC', path);
    };
    await expect(storage.set('t', 'b', 1n)).rejects.toThrow('The log could not be written');
    fileSystem.onCall = () => {};
    expect(told).toEqual(['a']);
    const { epoch, sequence } = storage.feed.position;
    await expect(keysAfter(storage, { epoch, sequence: sequence + 1 })).rejects.toThrow(GONE);
    expect(await keysAfter(storage, { epoch, sequence: 0 })).toEqual(['a']);
    await storage.close().catch(() => {});
  });

  describe('of a quiet table', () => {
    const other = async (storage: WalStorage) => {
      for (let i = 0; i < 20; i++) await storage.set('other', `k${i}`, 'x'.repeat(100));
    };
    const read = async (storage: WalStorage, position: Position) => {
      const files = fileSystem.calls;
      return [await keysAfter(storage, position), fileSystem.calls - files] as const;
    };

    it('is whole for who watches it, however far the log goes back', async () => {
      const { storage } = await openStorage(directory, fileSystem);
      const told = keysTold(storage);
      const { position } = storage.feed;
      for (let i = 0; i < 3; i++) {
        await other(storage);
        await storage.snapshot();
        // Nor need anything be read to tell.
        expect(await read(storage, position)).toEqual([[], 0]);
      }
      await setAll(storage, 'a');
      await storage.del('t', 'missing');
      await other(storage);
      const after = storage.feed.position;
      expect(await keysAfter(storage, position)).toEqual(['a']);
      await storage.snapshot();
      await expect(keysAfter(storage, position)).rejects.toThrow(GONE);
      await storage.del('t', 'missing');
      await other(storage);
      await storage.snapshot();
      await setAll(storage, 'b');
      expect(await keysAfter(storage, after)).toEqual(['b']);
      expect(told).toEqual(['a', 'b']);
      await storage.close();
    });

    it('is whole if it changes while there is a snapshot, or one that fails', async () => {
      const { storage } = await openStorage(directory, fileSystem);
      keysTold(storage);
      await other(storage);
      const { position } = storage.feed;
      await other(storage);
      await storage.snapshot();
      await setAll(storage, 'before');
      const isSnapshot = (path: string) => path.includes('snapshot');
      for (const fails of [true, false]) {
        await other(storage);
        let changing: Promise<void> | undefined;
        fileSystem.onCall = ({ operation, path }) => {
          if (operation !== 'write' || !isSnapshot(path)) return;
          changing ??= setAll(storage, fails ? 'failed' : 'adopted');
          if (fails) throw failure('EIO', path);
        };
        await storage.snapshot().catch(() => {});
        fileSystem.onCall = () => {};
        await changing;
        const history = keysAfter(storage, position);
        if (fails) expect(await history).toEqual(['before', 'failed']);
        else await expect(history).rejects.toThrow(GONE);
      }
      const { epoch, sequence } = storage.feed.position;
      // All but the change that came while the snapshot was taken is in that.
      expect(await keysAfter(storage, { epoch, sequence: sequence - 1 })).toEqual(['adopted']);
      await storage.close();
    });

    it('is whole for who reads while a snapshot takes the place of the log', async () => {
      const { storage } = await openStorage(directory, fileSystem);
      keysTold(storage);
      await other(storage);
      const { position } = storage.feed;
      await other(storage);
      let changing: Promise<void> | undefined;
      const reading: Promise<string[]>[] = [];
      fileSystem.onCall = ({ operation, path }) => {
        if (operation === 'write' && path.includes('snapshot')) changing ??= setAll(storage, 'a');
        if (operation !== 'rename' || !path.includes('manifest')) return;
        reading.push(...Array.from({ length: 20 }, () => keysAfter(storage, position)));
      };
      await storage.snapshot();
      fileSystem.onCall = () => {};
      await changing;
      expect(await Promise.all(reading)).toEqual(reading.map(() => ['a']));
      await storage.close();
    });

    it.each(['always', 'everysec'] as const)(
      'tells who watches it from where to go on when the storage has been opened anew: fsync %s',
      async (fsync) => {
        const { storage } = await openStorage(directory, fileSystem, { fsync });
        const progress: Position[] = [];
        const told: string[] = [];
        storage.feed.listen(
          't',
          ({ key }) => told.push(key),
          (position) => progress.push(position),
        );
        const before = storage.feed.position;
        await other(storage);
        await storage.snapshot();
        await setAll(storage, 'a');
        await other(storage);
        await storage.close();
        const { storage: again } = await openStorage(directory, fileSystem, { fsync });
        await expect(keysAfter(again, before)).rejects.toThrow(GONE);
        expect(progress).toHaveLength(1);
        expect(await keysAfter(again, progress[0] as Position)).toEqual(['a']);
        expect(told).toEqual(['a']);
        await again.close();
      },
    );

    it('is known for a minute when nobody watches it any more', async () => {
      const { storage, clock } = await openStorage(directory, fileSystem);
      const { position, end } = storage.feed.listen('t', () => {});
      end();
      await clock.pass(59_999);
      storage.feed.listen('t', () => {}).end();
      end();
      await clock.pass(59_999);
      await other(storage);
      await storage.snapshot();
      expect(await keysAfter(storage, position)).toEqual([]);
      await clock.pass(1);
      await expect(keysAfter(storage, position)).rejects.toThrow(GONE);
      await clock.pass(1000);
      expect(clock.timers).toBe(0);
      await storage.close();
    });

    it('is not known from before it was watched', async () => {
      const { storage } = await openStorage(directory, fileSystem);
      const { position } = storage.feed;
      await setAll(storage, 'missed');
      keysTold(storage);
      await other(storage);
      await storage.snapshot();
      await expect(keysAfter(storage, position)).rejects.toThrow(GONE);
      await storage.close();
    });
  });

  it('is read page by page with no more than a window of the file for each', async () => {
    const { storage } = await openStorage(directory, fileSystem, { segmentBytes: 64 * 2 ** 20 });
    const { epoch, sequence } = storage.feed.position;
    const count = 300;
    for (let i = 0; i < count; i++) await storage.set('t', `k${i}`, 'x'.repeat(20_000));
    let bytes = 0;
    fileSystem.onCall = ({ operation, start, end }) => {
      if (operation === 'read') bytes += end - start;
    };
    const keys: string[] = [];
    for (let at = sequence; at < sequence + count; at += 10) {
      for await (const some of storage.feed.history('t', { epoch, sequence: at })) {
        keys.push(...some.map(({ key }) => key));
        if (keys.length >= at - sequence + 10) break;
      }
      keys.length = at - sequence + 10;
    }
    expect(keys).toEqual(Array.from({ length: count }, (_, i) => `k${i}`));
    // A window of it each time is five times the file; from the beginning, it would be eighteen times.
    expect(bytes / (count * 20_000)).toBeLessThan(8);
    fileSystem.onCall = () => {};
    await storage.close();
  });

  it('is read page by page within one large write, from which little is read twice', async () => {
    const { storage } = await openStorage(directory, fileSystem);
    const { epoch, sequence } = storage.feed.position;
    const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}`);
    const write = (table: string) =>
      storage.write(
        table,
        keys.map((key) => ({ op: 'set', key, value: 'x'.repeat(100) })),
      );
    await write('other');
    await write('t');
    let bytes = 0;
    fileSystem.onCall = ({ operation, start, end }) => {
      if (operation === 'read') bytes += end - start;
    };
    const decode = vi.spyOn(straightLineCodec, 'decodeRequest');
    const told: string[] = [];
    let at = sequence;
    while (told.length < keys.length) {
      for await (const some of storage.feed.history('t', { epoch, sequence: at })) {
        const page = some.slice(0, 50);
        told.push(...page.map(({ key }) => key));
        at = page.at(-1)?.position.sequence ?? at;
        break;
      }
    }
    expect(told).toEqual(keys);
    // Each of the two writes has more than two million bytes.
    expect(bytes).toBeLessThan(20e6);
    // Of a page of 50, up to 64 changes are decoded; of the other table, none.
    expect(decode.mock.calls.length).toBeLessThan(1.5 * keys.length);
    decode.mockRestore();
    fileSystem.onCall = () => {};
    await storage.close();
  });

  it('is read by many at the same time in turns, with few files open', async () => {
    const { storage } = await openStorage(directory, fileSystem, { segmentBytes: 2 ** 20 });
    const { epoch, sequence } = storage.feed.position;
    const keys = Array.from({ length: 3000 }, (_, i) => `k${i}`);
    for (let i = 0; i < keys.length; i += 300) {
      const some = keys.slice(i, i + 300);
      await storage.write(
        't',
        some.map((key) => ({ op: 'set', key, value: 'x'.repeat(1000) })),
      );
    }
    const before = fileSystem.openFiles;
    let most = 0;
    fileSystem.onCall = () => {
      most = Math.max(most, fileSystem.openFiles - before);
    };
    // How many parts each has had when one gets another.
    const parts = Array.from({ length: 100 }, () => 0);
    let spread = 0;
    const read = async (i: number): Promise<number> => {
      let count = 0;
      for await (const some of storage.feed.history('t', { epoch, sequence })) {
        count += some.length;
        parts[i] = (parts[i] as number) + 1;
        if (count < keys.length) spread = Math.max(spread, parts[i] - Math.min(...parts));
      }
      return count;
    };
    expect(new Set(await Promise.all(parts.map((_, i) => read(i))))).toEqual(new Set([3000]));
    expect(parts[0]).toBeGreaterThan(2);
    expect([most, spread]).toEqual([4, 1]);
    fileSystem.onCall = () => {};
    await storage.close();
  });

  it('ends for those who wait for their turn, when the storage is closed', async () => {
    const { storage, clock } = await openStorage(directory, fileSystem);
    const { position } = storage.feed;
    await setAll(storage, 'a', 'b');
    const reading = Array.from({ length: 20 }, () => keysAfter(storage, position));
    const outcomes = Promise.allSettled(reading);
    await Promise.all([outcomes, storage.close()]);
    const codes = (await outcomes).map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value.length : outcome.reason.code,
    );
    expect(codes).toEqual([2, 2, 2, 2, ...Array.from({ length: 16 }, () => 'UNAVAILABLE')]);
    const closed = expect.objectContaining({ code: 'UNAVAILABLE' });
    await expect(keysAfter(storage, position)).rejects.toThrow(closed);
    expect([fileSystem.openFiles, clock.timers]).toEqual([0, 0]);
  });

  it('fails, and skips nothing, if a segment cannot be read', async () => {
    const { storage } = await openStorage(directory, fileSystem);
    const { epoch, sequence } = storage.feed.position;
    await setAll(storage, ...Array.from({ length: 30 }, (_, i) => `k${i}`));
    fileSystem.onCall = ({ operation, path }) => {
      if (operation === 'read') throw failure('EIO', path);
    };
    const reading = keysAfter(storage, { epoch, sequence });
    await expect(reading).rejects.toThrow(expect.objectContaining({ code: 'STORAGE_FAILURE' }));
    fileSystem.onCall = () => {};
    expect(await keysAfter(storage, { epoch, sequence })).toHaveLength(30);
    await storage.close();
    expect(fileSystem.openFiles).toBe(0);
  });
});
