import { KvError, pageResponse, whenReady } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkPrefix, checkTable, DEFAULT_LIMITS } from '../limits.js';
import { pairMessage } from '../pair.js';
import { positionIn, sealedCursor } from '../scan-cursor.js';

/** The pairs of a page of which nothing is said. */
const DEFAULT_PAIRS = 100;

/** More than this costs the others too long a wait. */
const MAX_PAIRS = 10_000;
const MAX_PAGE_BYTES = 1024 * 1024;

/**
 * Answers some of the pairs of a table, those whose keys begin with the prefix, and a cursor with which to ask
 * for more of them, if there may be more. 400 for a cursor that did not come from here with this table and prefix.
 */
export const hscan: CommandService<'hscan'> = (
  { table, cursor, limit, prefix },
  { storage, limits = DEFAULT_LIMITS, maxResponseBytes = Number.POSITIVE_INFINITY },
) => {
  checkTable(table, limits);
  checkPrefix(prefix, limits);
  checkLimit(limit);
  const request = {
    position: positionIn(cursor, table, prefix),
    prefix,
    limit: Math.min(limit || DEFAULT_PAIRS, MAX_PAIRS),
    // The other half is for what a page takes besides, and for a storage that does not count to the byte.
    maxBytes: Math.min(MAX_PAGE_BYTES, maxResponseBytes / 2),
  };
  return whenReady(storage.scan(table, request), ({ entries, next }) =>
    pageResponse(entries.map(pairMessage), next && sealedCursor(next, table, prefix)),
  );
};

/** From JavaScript, anything may come. */
function checkLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 0) return;
  throw KvError.invalidCommand('limit must be a whole number of at least 0');
}
