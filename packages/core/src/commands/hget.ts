import { notFoundResponse, okResponse, valueToMessage, whenReady } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkKey, checkTable, DEFAULT_LIMITS } from '../limits.js';

/** Answers the value of a key; 404 if there is none. */
export const hget: CommandService<'hget'> = (
  { table, key },
  { storage, limits = DEFAULT_LIMITS },
) => {
  checkTable(table, limits);
  checkKey(key, limits);
  return whenReady(storage.get(table, key), (value) =>
    value === undefined ? notFoundResponse(table, key) : okResponse([valueToMessage(value)]),
  );
};
