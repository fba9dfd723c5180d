import { okResponse, valueToMessage, whenReady } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkTable, DEFAULT_LIMITS } from '../limits.js';

/** Answers every pair of a table; none if there is no such table. */
export const hgetall: CommandService<'hgetall'> = (
  { table },
  { storage, limits = DEFAULT_LIMITS },
) => {
  checkTable(table, limits);
  return whenReady(storage.getAll(table), (entries) =>
    okResponse(
      [],
      entries.map(([key, value]) => ({ key, value: valueToMessage(value) })),
    ),
  );
};
