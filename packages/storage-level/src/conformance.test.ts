import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storageSuite } from '@kv/conformance';
import { MemoryLevel } from 'memory-level';
import { afterAll, beforeAll } from 'vitest';
import { LevelStorage } from './level-storage.js';
import { LiveLevel } from './testing/live-level.js';

let parent: string;
let opened = 0;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'kv-level-'));
});
afterAll(() => rm(parent, { recursive: true }));

const directories = new WeakMap<object, string>();
async function openAt(directory: string): Promise<LevelStorage> {
  const storage = await LevelStorage.open({ directory });
  directories.set(storage, directory);
  return storage;
}

storageSuite({
  name: 'LevelStorage in a directory',
  open: () => openAt(join(parent, String(opened++))),
  async reopen(storage) {
    await storage.close();
    return openAt(directories.get(storage) as string);
  },
});

storageSuite({
  name: 'LevelStorage on a database in memory',
  open: () => LevelStorage.on(new MemoryLevel()),
});

storageSuite({
  name: 'LevelStorage on a sublevel',
  open: () =>
    LevelStorage.on(new MemoryLevel<string, object>({ valueEncoding: 'json' }).sublevel('kv')),
});

storageSuite({
  name: 'LevelStorage on a database that is late and has no snapshots',
  open: () => LevelStorage.on(new LiveLevel()),
});
