import { LevelStorage } from '@kv/storage-level';
import { openStorage } from '../open-storage.js';
import type { OpenEngine } from '../target.js';

/** Our storage in LevelDB. */
export const openLevelStorage: OpenEngine = async (data, options) =>
  openStorage(await LevelStorage.open(options), data);
