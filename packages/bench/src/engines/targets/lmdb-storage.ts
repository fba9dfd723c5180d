import { LmdbStorage } from '@kv/storage-lmdb';
import { openStorage } from '../open-storage.js';
import type { OpenEngine } from '../target.js';

/** Our storage in LMDB. */
export const openLmdbStorage: OpenEngine = async (data, options) =>
  openStorage(await LmdbStorage.open(options), data);
