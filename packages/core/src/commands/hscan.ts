import {
  type CommandResponse,
  KvError,
  pageResponse,
  positionToMessage,
  whenReady,
} from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkPrefix, checkTable, DEFAULT_LIMITS } from '../limits.js';
import { pageTooLarge } from '../page-too-large.js';
import { pairMessage } from '../pair.js';
import { positionIn, sealedCursor } from '../scan-cursor.js';
import { entryBytes } from '../storage/entry-bytes.js';
import type { Entry, Page as StoragePage } from '../storage/storage.js';

/** The pairs of a page of which nothing is said. */
const DEFAULT_PAIRS = 100;

/** More than this costs the others too long a wait. */
const MAX_PAIRS = 10_000;
const MAX_PAGE_BYTES = 1024 * 1024;

/** What a page takes besides its pairs and the bytes of its cursor. */
const AROUND_BYTES = 8;

/**
 * Answers some of the pairs of a table, those whose keys begin with the prefix, and a cursor with which to ask
 * for more of them, if there may be more; and its position among the changes, if that is asked for. 400 for a
 * cursor that did not come from here with this storage, table and prefix.
 *
 * 413 if the pair that comes next is too large for any answer. It names the pair, and has a cursor, too, with which
 * the scan goes on behind the pair: an empty one, if there is nothing there.
 */
export const hscan: CommandService<'hscan'> = (
  { table, cursor, limit, prefix, positioned },
  { storage, feed, limits = DEFAULT_LIMITS, maxResponseBytes = Number.POSITIVE_INFINITY },
) => {
  checkTable(table, limits);
  checkPrefix(prefix, limits);
  checkLimit(limit);
  const request = {
    position: positionIn(storage, cursor, table, prefix),
    prefix,
    limit: Math.min(limit || DEFAULT_PAIRS, MAX_PAIRS),
    // The other half is for what a page takes besides, and for a storage that does not count to the byte.
    maxBytes: Math.min(MAX_PAGE_BYTES, maxResponseBytes / 2),
  };
  const answer = ({ entries, next }: StoragePage): CommandResponse => {
    const cursor = next && sealedCursor(storage, next, table, prefix);
    const bytes = bytesOf(entries);
    const room = maxResponseBytes - AROUND_BYTES - (cursor?.length ?? 0);
    // More than its share it has only if a single pair has, or several that share a position.
    if (bytes > request.maxBytes && bytes > room) {
      return pageTooLarge(table, entries, request.maxBytes, room, cursor);
    }
    return pageResponse(entries.map(pairMessage), cursor);
  };
  if (positioned !== true) return whenReady(storage.scan(table, request), answer);
  if (feed === undefined) throw new KvError('UNSUPPORTED', 'There are no feeds here');
  return whenReady(feed.page(table, request), ({ page, position }) => ({
    ...answer(page),
    position: positionToMessage(position),
  }));
};

function bytesOf(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entryBytes(entry);
  return bytes;
}

/** From JavaScript, anything may come. */
function checkLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 0) return;
  throw KvError.invalidCommand('limit must be a whole number of at least 0');
}
