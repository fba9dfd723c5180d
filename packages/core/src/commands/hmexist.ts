import { okResponse, valueToMessage, whenReady } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkKeys, checkTable, DEFAULT_LIMITS } from '../limits.js';

/** Answers one boolean per key, in the order of the keys: whether there is such a key. */
export const hmexist: CommandService<'hmexist'> = (
  { table, keys },
  { storage, limits = DEFAULT_LIMITS },
) => {
  checkTable(table, limits);
  checkKeys(keys, limits);
  return whenReady(storage.getMany(table, keys), (values) =>
    okResponse(values.map((value) => valueToMessage(value !== undefined))),
  );
};
