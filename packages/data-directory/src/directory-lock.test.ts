import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DataDirectory } from './data-directory.js';

const MINE = { engine: 'mine', version: 1 };

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'kv-lock-'));
});
afterEach(async () => {
  vi.doUnmock('fs-native-extensions');
  vi.resetModules();
  await rm(path, { recursive: true });
});

describe('the lock', () => {
  it('is given back, and not just left to those who have the descriptor, too', async () => {
    const unlock = vi.fn();
    vi.doMock('fs-native-extensions', () => ({ tryLock: () => true, unlock }));
    const directory = await DataDirectory.open(path, MINE);
    expect(unlock).not.toHaveBeenCalled();
    await directory.close();
    expect(unlock).toHaveBeenCalledOnce();
  });

  it('leaves no descriptor behind where it is refused', async () => {
    const directory = await DataDirectory.open(path, MINE);
    const before = readdirSync('/dev/fd').length;
    for (let i = 0; i < 10; i++) {
      await expect(DataDirectory.open(path, MINE)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    }
    expect(readdirSync('/dev/fd').length).toBe(before);
    await directory.close();
  });
});

describe('a directory that cannot be locked', () => {
  it('is refused where the addon has no binary for the platform', async () => {
    vi.doMock('fs-native-extensions', () => {
      throw new Error('Cannot find addon');
    });
    await expect(DataDirectory.open(path, MINE)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(`${process.platform} ${process.arch}`),
      cause: expect.any(Error),
    });
  });

  it('is refused where the file system has no locks', async () => {
    const cause = Object.assign(new Error('No locks available'), { code: 'ENOLCK' });
    vi.doMock('fs-native-extensions', () => ({
      tryLock() {
        throw cause;
      },
    }));
    await expect(DataDirectory.open(path, MINE)).rejects.toMatchObject({
      code: 'STORAGE_FAILURE',
      message: expect.stringContaining('the file system has no locks'),
      cause,
    });
  });
});
