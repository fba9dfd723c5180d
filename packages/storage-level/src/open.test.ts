import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from '@kv/data-directory';
import { MemoryLevel } from 'memory-level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LevelStorage } from './level-storage.js';
import { writeAndBeKilled } from './testing/writer.js';

let parent: string;
let directory: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'kv-level-'));
  directory = join(parent, 'data');
});
afterEach(() => rm(parent, { recursive: true }));

describe('opening a directory', () => {
  it('makes it, syncs unless it is told otherwise, and says in it that it has data of this engine', async () => {
    const storage = await LevelStorage.open({ directory });
    expect(storage.capabilities).toEqual({
      persistent: true,
      ordered: true,
      snapshotIteration: true,
      lane: false,
      feed: false,
    });
    expect(storage.stats().sync).toBe(true);
    await storage.close();
    expect(await inspect(directory)).toMatchObject({ engine: 'level', version: 1 });
    expect((await readdir(directory)).sort()).toEqual(['kv.json', 'kv.lock', 'level']);
  });

  it('is refused, and makes nothing, with an option that there is not', async () => {
    const error = new TypeError("There is no option 'synch' of a LevelStorage");
    const misspelt = { directory, synch: true };
    await expect(LevelStorage.open(misspelt)).rejects.toThrow(error);
    const none: object = { synch: true };
    await expect(LevelStorage.on(new MemoryLevel(), none)).rejects.toThrow(error);
    expect(await readdir(parent)).toEqual([]);
  });

  it('finds what was written with a sync, and what was written without', async () => {
    for (const sync of [true, false]) {
      const storage = await LevelStorage.open({ directory, sync });
      expect(storage.stats().sync).toBe(sync);
      await storage.set('t', String(sync), sync);
      await storage.close();
    }
    const storage = await LevelStorage.open({ directory });
    expect(await storage.getAll('t')).toEqual([
      ['false', false],
      ['true', true],
    ]);
    await storage.close();
  });

  it('finds all that was answered by a process that was killed', async () => {
    const written = await writeAndBeKilled(directory);
    const storage = await LevelStorage.open({ directory });
    const keys = Array.from({ length: written }, (_, i) => `key${i}`);
    expect(written).toBeGreaterThanOrEqual(200);
    expect(await storage.getMany('t', keys)).toEqual(keys.map((_, i) => BigInt(i)));
    await storage.close();
  });

  it('is refused while it is open, and allowed when it has been closed', async () => {
    const storage = await LevelStorage.open({ directory });
    await storage.set('t', 'a', 1n);
    await expect(LevelStorage.open({ directory })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(directory),
    });
    await storage.close();
    const again = await LevelStorage.open({ directory });
    expect(await again.get('t', 'a')).toBe(1n);
    await again.close();
  });

  it('is refused where there is something else, and leaves that as it is', async () => {
    await mkdir(directory);
    const file = join(directory, 'kv.json');
    const marker = JSON.stringify({ engine: 'other', version: 1, id: '0'.repeat(32) });
    await writeFile(file, marker);
    await expect(LevelStorage.open({ directory })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(await readdir(directory)).toEqual(['kv.json']);
    expect(await readFile(file, 'utf8')).toBe(marker);
  });

  it('fails with what LevelDB says if that cannot open its files, and lets go of the directory', async () => {
    const storage = await LevelStorage.open({ directory });
    await storage.set('t', 'a', 1n);
    await storage.close();
    const current = join(directory, 'level', 'CURRENT');
    const whole = await readFile(current, 'utf8');
    await writeFile(current, 'nonsense');
    await expect(LevelStorage.open({ directory })).rejects.toMatchObject({
      code: 'STORAGE_FAILURE',
      message: expect.stringMatching(`LevelDB cannot be opened in ${directory}: .*CURRENT`),
      cause: expect.any(Error),
    });
    await writeFile(current, whole);
    const again = await LevelStorage.open({ directory });
    expect(await again.get('t', 'a')).toBe(1n);
    await again.close();
  });

  it('is refused if the file that says what is there is missing, and leaves all else as it is', async () => {
    const storage = await LevelStorage.open({ directory });
    await storage.set('t', 'a', 1n);
    await storage.close();
    const current = join(directory, 'level', 'CURRENT');
    const whole = await readFile(current, 'utf8');
    await rm(current);
    const names = await readdir(join(directory, 'level'));
    await expect(LevelStorage.open({ directory })).rejects.toMatchObject({
      code: 'STORAGE_FAILURE',
      message: expect.stringMatching(/there is data \(\d+\.log\), and no file CURRENT/),
    });
    expect(await readdir(join(directory, 'level'))).toEqual(names);
    await writeFile(current, whole);
    const again = await LevelStorage.open({ directory });
    expect(await again.get('t', 'a')).toBe(1n);
    await again.close();
  });
});
