import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storageSuite } from '@kv/conformance';
import { afterAll, beforeAll } from 'vitest';
import { LmdbStorage } from './lmdb-storage.js';

let parent: string;
let opened = 0;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'kv-lmdb-'));
});
afterAll(() => rm(parent, { recursive: true }));

const directories = new WeakMap<object, string>();
async function openAt(directory: string): Promise<LmdbStorage> {
  // A commit that waits for the disk takes the same way, and ten times as long.
  const storage = await LmdbStorage.open({ directory, sync: false });
  directories.set(storage, directory);
  return storage;
}

storageSuite({
  name: 'LmdbStorage',
  open: () => openAt(join(parent, String(opened++))),
  async reopen(storage) {
    await storage.close();
    return openAt(directories.get(storage) as string);
  },
});
