import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storageSuite } from '@kv/conformance';
import type { Storage } from '@kv/core';
import { afterAll, beforeAll } from 'vitest';
import { WalStorage, type WalStorageOptions } from './wal-storage.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kv-wal-'));
});
afterAll(() => rm(root, { recursive: true }));

const POLICIES: readonly Omit<WalStorageOptions, 'directory'>[] = [
  { fsync: 'always' },
  { fsync: 'always', inline: true },
  { fsync: 'everysec' },
  { fsync: 'never' },
  { fsync: 'never', logOldValues: true },
];

for (const policy of POLICIES) {
  const directories = new WeakMap<Storage, string>();
  const openIn = async (directory: string): Promise<Storage> => {
    const storage = await WalStorage.open({ directory, segmentBytes: 2 ** 20, ...policy });
    directories.set(storage, directory);
    return storage;
  };
  const rest = `${policy.inline ? ', inline' : ''}${policy.logOldValues ? ', old values' : ''}`;
  storageSuite({
    name: `WalStorage, fsync ${policy.fsync}${rest}`,
    open: async () => openIn(await mkdtemp(join(root, 'data-'))),
    async reopen(storage) {
      await storage.close();
      return openIn(directories.get(storage) as string);
    },
  });
}
