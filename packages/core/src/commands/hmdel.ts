import { okResponse, valueToMessage, whenReady } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkKeys, checkTable, DEFAULT_LIMITS } from '../limits.js';
import type { WriteOp } from '../storage/storage.js';

/** Deletes all keys or none and answers the values they had, in the order of the keys. */
export const hmdel: CommandService<'hmdel'> = (
  { table, keys },
  { storage, limits = DEFAULT_LIMITS },
) => {
  checkTable(table, limits);
  checkKeys(keys, limits);
  const ops = keys.map((key): WriteOp => ({ op: 'delete', key }));
  return whenReady(storage.write(table, ops), (old) => okResponse(old.map(valueToMessage)));
};
