import { isSync } from './is-sync.js';
import { loaded } from './loaded.js';
import type { StorageKind } from './storage-kind.js';

/** In LMDB. */
export const lmdb: StorageKind = {
  flags: ['data', 'fsync'],
  async open({ data = '', fsync = 'always' }) {
    const sync = isSync('lmdb', fsync);
    const { LmdbStorage } = await loaded('@kv/storage-lmdb', () => import('@kv/storage-lmdb'));
    return LmdbStorage.open({ directory: data, sync });
  },
};
