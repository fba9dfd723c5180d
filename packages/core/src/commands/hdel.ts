import { okResponse, valueToMessage, whenReady } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkKey, checkTable, DEFAULT_LIMITS } from '../limits.js';

/** Deletes a key and answers the value it had; an empty one if there was none. */
export const hdel: CommandService<'hdel'> = (
  { table, key },
  { storage, limits = DEFAULT_LIMITS },
) => {
  checkTable(table, limits);
  checkKey(key, limits);
  return whenReady(storage.del(table, key), (old) => okResponse([valueToMessage(old)]));
};
