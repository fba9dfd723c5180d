import { type Entry, entryBytes, type Page, type PageRequest } from '@kv/core';
import { KvError } from '@kv/protocol';
import type { Environment } from './environment.js';
import { haveSameHead, MAX_PLACE_BYTES, prefixOf, rangeOf } from './place.js';
import type { CursorEntry, TableCursor } from './table-cursor.js';

/** So many entries are looked at for a page, if few have its prefix: others wait meanwhile. */
const MAX_SEEN = 10_000;

/** The entries of a cursor, in the order of the bytes of their keys. */
export function* inKeyOrder(cursor: TableCursor): Generator<Entry, void, undefined> {
  // Those with the same head, whose places are in no order. They come together.
  let group: Entry[] = [];
  let head: Buffer | undefined;
  for (let entry = cursor.next(); entry !== undefined; entry = cursor.next()) {
    const { key, value, place } = entry;
    if (head !== undefined && !(place !== undefined && haveSameHead(head, place))) {
      yield* group.sort(byKeyBytes);
      group = [];
    }
    head = place;
    if (place === undefined) yield [key, value];
    else group.push([key, value]);
  }
  yield* group.sort(byKeyBytes);
}

/** Every entry of a table. */
export function readAll(environment: Environment, table: string): Entry[] {
  const cursor = environment.cursor(rangeOf(table));
  try {
    return [...inKeyOrder(cursor)];
  } finally {
    cursor.close();
  }
}

/**
 * A page of a table. Its position is what the last place that was looked at has behind the name of the table.
 *
 * @throws {KvError} `INVALID_COMMAND` for a position that no place has.
 */
export function readPage(
  environment: Environment,
  table: string,
  { position, prefix, limit, maxBytes }: PageRequest,
): Page {
  const after = position && placeAt(table, position);
  const cursor = environment.cursor(rangeOf(table, prefix), after);
  const entries: Entry[] = [];
  let bytes = 0;
  let last: CursorEntry | undefined;
  try {
    for (let seen = 0; seen < MAX_SEEN; seen++) {
      const entry = cursor.next();
      if (entry === undefined) return { entries, next: undefined };
      // The range may have others, if the prefix is long.
      if (entry.key.startsWith(prefix)) {
        const { key, value } = entry;
        bytes += entryBytes([key, value]);
        const full = entries.length >= limit || bytes > maxBytes;
        if (full && entries.length > 0) break;
        entries.push([key, value]);
      }
      last = entry;
    }
  } finally {
    cursor.close();
  }
  return { entries, next: last && positionOf(last, table) };
}

function positionOf({ key, place }: CursorEntry, table: string): Uint8Array {
  return place === undefined ? Buffer.from(key) : place.subarray(prefixOf(table).length);
}

function placeAt(table: string, position: Uint8Array): Buffer {
  const place = Buffer.concat([prefixOf(table), position]);
  if (position.length === 0 || place.length > MAX_PLACE_BYTES) {
    throw KvError.invalidCommand('there is no such position in a table');
  }
  return place;
}

function byKeyBytes([a]: Entry, [b]: Entry): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
