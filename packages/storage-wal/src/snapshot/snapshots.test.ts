import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Entry, KvError } from '@kv/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../file-system/node-file-system.js';
import { WalStorage, type WalStorageOptions } from '../wal-storage.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-snapshot-'));
});
afterEach(() => rm(directory, { recursive: true }));

const open = (options: Partial<WalStorageOptions> = {}): Promise<WalStorage> =>
  WalStorage.open({ directory, fsync: 'never', segmentBytes: 64 * 1024, ...options });

const sorted = (entries: readonly Entry[]): Entry[] =>
  entries.toSorted(([a], [b]) => (a < b ? -1 : 1));

async function fill(storage: WalStorage, count: number, value: string): Promise<void> {
  const ops = Array.from(
    { length: count },
    (_, i) => ({ op: 'set', key: `k${i}`, value }) as const,
  );
  await storage.write('t', ops);
}

const files = async (ending: string): Promise<string[]> =>
  (await readdir(directory)).filter((name) => name.endsWith(ending)).sort();

const snapshotFile = async (): Promise<string> => {
  const [name, ...others] = await files('.kv');
  expect(others).toEqual([]);
  return join(directory, name as string);
};

describe('a snapshot', () => {
  it('takes the place of the log before it', async () => {
    const storage = await open();
    await fill(storage, 2000, 'x'.repeat(100));
    await fill(storage, 2000, 'x'.repeat(100));
    const [...segments] = await files('.log');
    // The last one is still written to.
    segments.pop();
    expect(segments).not.toHaveLength(0);
    const { bytes } = await storage.snapshot();
    expect(bytes).toBe((await readFile(await snapshotFile())).length);
    await storage.set('t', 'k0', 'after');
    await storage.close();
    for (const segment of segments) expect(await files('.log')).not.toContain(segment);

    const reopened = await open();
    expect(await reopened.getAll('t')).toHaveLength(2000);
    expect(await reopened.getMany('t', ['k0', 'k1'])).toEqual(['after', 'x'.repeat(100)]);
    await reopened.close();
  });

  it('and the log after it make the storage what it was, whatever is written meanwhile', async () => {
    const storage = await open();
    await fill(storage, 5000, 'before');
    const taking = storage.snapshot();
    for (let i = 0; storage.stats().takingSnapshot; i++) {
      await storage.write('t', [
        { op: 'set', key: `k${(i * 7919) % 5000}`, value: `meanwhile ${i}` },
        { op: 'delete', key: `k${(i * 104_729) % 5000}` },
        { op: 'set', key: `new${i}`, value: 'x'.repeat(i % 500) },
      ]);
      await storage.set('another table', `k${i}`, BigInt(i));
    }
    await taking;
    const expected = [...(await storage.getAll('t')), ...(await storage.getAll('another table'))];
    await storage.close();

    const reopened = await open();
    const found = [...(await reopened.getAll('t')), ...(await reopened.getAll('another table'))];
    expect(sorted(found)).toEqual(sorted(expected));
    expect(reopened.stats().committed).toBeGreaterThan(5000);
    await reopened.close();
  });

  it('replaces the one before it', async () => {
    const storage = await open();
    await fill(storage, 10, 'a');
    await storage.snapshot();
    const first = await snapshotFile();
    await fill(storage, 20, 'b');
    await storage.snapshot();
    expect(await snapshotFile()).not.toBe(first);
    await storage.close();
    const reopened = await open();
    expect(await reopened.getAll('t')).toHaveLength(20);
    await reopened.close();
  });

  it('is not taken again if nothing has changed', async () => {
    const storage = await open();
    await fill(storage, 10, 'a');
    expect(await storage.snapshot()).toEqual(await storage.snapshot());
    expect(storage.stats().snapshots).toBe(1);
    await storage.close();
  });

  it('is taken when the log has grown, without being asked for', async () => {
    const storage = await open({ snapshotLogBytes: 100_000 });
    while (storage.stats().snapshots < 2) await fill(storage, 100, 'x'.repeat(100));
    await storage.close();
    expect(await files('.kv')).toHaveLength(1);
    const reopened = await open();
    expect(await reopened.getAll('t')).toHaveLength(100);
    await reopened.close();
  });

  it('is taken at the end if that is wanted', async () => {
    const storage = await open({ snapshotAtClose: true });
    await fill(storage, 10, 'a');
    await storage.close();
    expect(await files('.kv')).toHaveLength(1);
    const reopened = await open();
    expect([reopened.stats().entries, reopened.stats().committed]).toEqual([10, 10]);
    await reopened.close();
  });

  it('of an empty storage is one', async () => {
    const storage = await open();
    await fill(storage, 1, 'a');
    await storage.del('t', 'k0');
    await storage.snapshot();
    await storage.close();
    const reopened = await open();
    expect(reopened.stats()).toMatchObject({ entries: 0, committed: 2 });
    await reopened.close();
  });

  it('that cannot be written leaves everything as it is', async () => {
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const fileSystem = {
      ...nodeFileSystem,
      open: async (...[path, options]: Parameters<typeof nodeFileSystem.open>) => {
        if (path.endsWith('.kv.tmp')) throw full;
        return nodeFileSystem.open(path, options);
      },
    };
    const storage = await open({ fileSystem });
    await fill(storage, 10, 'a');
    const taking = storage.snapshot();
    await expect(taking).rejects.toMatchObject({ code: 'STORAGE_FAILURE', cause: full });
    await fill(storage, 20, 'b');
    await storage.close();
    const reopened = await open();
    expect(await reopened.getAll('t')).toHaveLength(20);
    await reopened.close();
  });
});

describe('a snapshot that is not as it was written', () => {
  beforeEach(async () => {
    const storage = await open();
    await fill(storage, 100, 'value');
    await storage.snapshot();
    await fill(storage, 1, 'after');
    await storage.close();
  });

  async function refused(): Promise<void> {
    const path = await snapshotFile();
    const before = await readdir(directory);
    const error: unknown = await open().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(KvError);
    expect(error).toMatchObject({ code: 'STORAGE_FAILURE' });
    expect((error as KvError).message).toContain(path);
    expect(await readdir(directory)).toEqual(before);
  }

  it('is refused, wherever a bit has changed', async () => {
    const path = await snapshotFile();
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at += at < 128 ? 1 : 97) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      await writeFile(path, bytes);
      await refused();
    }
    await writeFile(path, whole);
    await (await open()).close();
  });

  it('is refused, wherever it is cut off', async () => {
    const path = await snapshotFile();
    const whole = await readFile(path);
    for (let length = 0; length < whole.length; length += length < 128 ? 1 : 97) {
      await writeFile(path, whole.subarray(0, length));
      await refused();
    }
  });

  it('is missed', async () => {
    const path = await snapshotFile();
    await rm(path);
    await expect(open()).rejects.toThrow(path);
  });
});
