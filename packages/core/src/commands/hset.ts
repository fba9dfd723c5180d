import { okResponse, valueToMessage, whenReady } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkTable, DEFAULT_LIMITS } from '../limits.js';
import { checkPair } from '../pair.js';

/** Stores a pair and answers the value it replaced; an empty one if there was none. */
export const hset: CommandService<'hset'> = (
  { table, pair },
  { storage, limits = DEFAULT_LIMITS },
) => {
  checkTable(table, limits);
  const { key, value } = checkPair(pair, limits);
  return whenReady(storage.set(table, key, value), (old) => okResponse([valueToMessage(old)]));
};
