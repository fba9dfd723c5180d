import type { Storage, WriteOp } from '@kv/core';
import { batches, type DataSet, TABLE } from '../data.js';
import type { EngineTarget } from './target.js';

/** One of our storages, with the data set in it. Setting a value answers the one that it has replaced by itself. */
export async function openStorage(storage: Storage, data: DataSet): Promise<EngineTarget> {
  for (const batch of batches(data)) {
    await storage.write(
      TABLE,
      batch.map(([key, value]): WriteOp => ({ op: 'set', key, value })),
    );
  }
  return {
    get: (key) => storage.get(TABLE, key),
    set: async (key, value) => storage.set(TABLE, key, value),
    close: async () => storage.close(),
  };
}
