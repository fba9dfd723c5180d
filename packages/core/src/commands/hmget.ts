import { okResponse, valueToMessage, whenReady } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkKeys, checkTable, DEFAULT_LIMITS } from '../limits.js';

/** Answers one value per key, in the order of the keys; an empty one for a miss. */
export const hmget: CommandService<'hmget'> = (
  { table, keys },
  { storage, limits = DEFAULT_LIMITS },
) => {
  checkTable(table, limits);
  checkKeys(keys, limits);
  return whenReady(storage.getMany(table, keys), (values) =>
    okResponse(values.map(valueToMessage)),
  );
};
