import { isSync } from './is-sync.js';
import { loaded } from './loaded.js';
import type { StorageKind } from './storage-kind.js';

/** In LevelDB. */
export const level: StorageKind = {
  flags: ['data', 'fsync'],
  async open({ data = '', fsync = 'always' }) {
    const sync = isSync('level', fsync);
    const { LevelStorage } = await loaded('@kv/storage-level', () => import('@kv/storage-level'));
    return LevelStorage.open({ directory: data, sync });
  },
};
