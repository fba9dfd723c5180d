import { okResponse, valueToMessage, whenReady } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkTable, DEFAULT_LIMITS } from '../limits.js';
import { checkPairs } from '../pair.js';
import type { WriteOp } from '../storage/storage.js';

/** Stores all pairs or none and answers the values they replaced, in the order of the pairs. */
export const hmset: CommandService<'hmset'> = (
  { table, pairs },
  { storage, limits = DEFAULT_LIMITS },
) => {
  checkTable(table, limits);
  const ops = checkPairs(pairs, limits).map((pair): WriteOp => ({ op: 'set', ...pair }));
  return whenReady(storage.write(table, ops), (old) => okResponse(old.map(valueToMessage)));
};
