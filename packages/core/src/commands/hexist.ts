import { okResponse, valueToMessage, whenReady } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkKey, checkTable, DEFAULT_LIMITS } from '../limits.js';

/** Answers, as a boolean, whether there is such a key. */
export const hexist: CommandService<'hexist'> = (
  { table, key },
  { storage, limits = DEFAULT_LIMITS },
) => {
  checkTable(table, limits);
  checkKey(key, limits);
  return whenReady(storage.contains(table, key), (exists) => okResponse([valueToMessage(exists)]));
};
