import { SlabStorage } from '@kv/core';
import type { StorageKind } from './storage-kind.js';

/** All that is stored is gone when it ends. */
export const memory: StorageKind = {
  flags: ['maxMemory'],
  open: async ({ maxMemory }) =>
    new SlabStorage(maxMemory === undefined ? {} : { maxBytes: maxMemory }),
};
