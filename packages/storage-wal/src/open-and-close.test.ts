import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nodeFileSystem } from './file-system/node-file-system.js';
import { WalStorage, type WalStorageOptions } from './wal-storage.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-wal-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Everything in the directory, by its name. */
async function contents(): Promise<Map<string, string>> {
  const names = (await readdir(directory)).sort();
  const texts = names.map(async (name) => [name, await readFile(join(directory, name), 'hex')]);
  return new Map((await Promise.all(texts)) as [string, string][]);
}

describe('opening', () => {
  it.each([
    [{ fsync: 'sometimes' }],
    [{ segmentBytes: -1 }],
    [{ snapshotLogBytes: Number.NaN }],
    [{ snapshotLogBytes: 0 }],
  ])('is refused, and makes nothing, with options that make no sense: %j', async (options) => {
    const path = join(directory, 'data');
    const given = { directory: path, ...options } as WalStorageOptions;
    await expect(WalStorage.open(given)).rejects.toThrow(RangeError);
    expect(await readdir(directory)).toEqual([]);
  });

  it('is refused, and makes nothing, with an option that there is not', async () => {
    const path = join(directory, 'data');
    const misspelt = { directory: path, fsnyc: 'never' };
    await expect(WalStorage.open(misspelt)).rejects.toThrow(
      new TypeError("There is no option 'fsnyc' of a WalStorage"),
    );
    expect(await readdir(directory)).toEqual([]);
  });

  it('can be ended while it reads, which leaves everything as it is', async () => {
    const storage = await WalStorage.open({ directory });
    for (const key of ['a', 'b', 'c']) await storage.set('t', key, 'value');
    await storage.close();
    const before = await contents();
    const ended = WalStorage.open({ directory, signal: AbortSignal.abort('enough') });
    await expect(ended).rejects.toMatchObject({ code: 'CANCELLED', cause: 'enough' });
    expect(await contents()).toEqual(before);
    const reopened = await WalStorage.open({ directory, signal: new AbortController().signal });
    expect(await reopened.getAll('t')).toHaveLength(3);
    await reopened.close();
  });
});

describe('closing', () => {
  it('closes the log where the last snapshot cannot be written, and says so', async () => {
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const datasync = vi.fn();
    const fileSystem = {
      ...nodeFileSystem,
      open: async (...[path, options]: Parameters<typeof nodeFileSystem.open>) => {
        if (path.endsWith('.kv.tmp')) throw full;
        const file = await nodeFileSystem.open(path, options);
        if (path.endsWith('.log')) {
          const sync = file.datasync.bind(file);
          file.datasync = () => {
            datasync();
            return sync();
          };
        }
        return file;
      },
    };
    const onWarning = vi.fn();
    const options = { directory, fsync: 'everysec', snapshotAtClose: true } as const;
    const storage = await WalStorage.open({ ...options, fileSystem, onWarning });
    await storage.set('t', 'k', 'value');
    datasync.mockClear();
    await storage.close();
    expect(datasync).toHaveBeenCalled();
    expect(onWarning).toHaveBeenCalledExactlyOnceWith(
      'No snapshot could be taken at the end: The snapshot could not be written: no space left',
    );
    const reopened = await WalStorage.open({ directory });
    expect(reopened.get('t', 'k')).toBe('value');
    await reopened.close();
  });
});
