import { type Entry, entryBytes, type Page, type PageRequest } from '@kv/core';
import type { LevelDatabase } from './level-database.js';
import { placeOf, rangeOf } from './place.js';
import { TableCursor } from './table-cursor.js';

/** How many entries are read at one time; the database may give fewer if they are large. */
const CHUNK = 1000;

/** Every entry of a table. */
export async function readAll(db: LevelDatabase, table: string): Promise<Entry[]> {
  const cursor = new TableCursor(db, table, rangeOf(table));
  const entries: Entry[] = [];
  try {
    for (;;) {
      const some = await cursor.next(CHUNK);
      if (some.length === 0) return entries;
      for (const entry of some) entries.push(entry);
    }
  } finally {
    await cursor.close();
  }
}

/** A page of a table. Its position is the last key of the page before. */
export async function readPage(
  db: LevelDatabase,
  table: string,
  { position, prefix, limit, maxBytes }: PageRequest,
): Promise<Page> {
  const cursor = new TableCursor(db, table, rangeOf(table, prefix, position));
  const entries: Entry[] = [];
  let bytes = 0;
  try {
    for (;;) {
      // One more than asked for tells whether there is a next page.
      const some = await cursor.next(Math.min(limit + 1 - entries.length, CHUNK));
      if (some.length === 0) return { entries, next: undefined };
      for (const entry of some) {
        bytes += entryBytes(entry);
        const full = entries.length >= limit || bytes > maxBytes;
        const last = entries.at(-1);
        if (full && last !== undefined) return { entries, next: Buffer.from(last[0]) };
        entries.push(entry);
      }
    }
  } finally {
    await cursor.close();
  }
}

/**
 * A cursor over all of a table, which comes to an end even if each step adds an entry: without snapshots, it ends
 * where the table ends now.
 */
export async function openCursor(
  db: LevelDatabase,
  table: string,
  snapshots: boolean,
): Promise<TableCursor> {
  const range = rangeOf(table);
  if (snapshots) return new TableCursor(db, table, range);
  const backwards = new TableCursor(db, table, { ...range, reverse: true, limit: 1 });
  try {
    const [last] = await backwards.next(1);
    // Where nothing is that has a key.
    const lte = Buffer.from(placeOf(table, last?.[0] ?? ''));
    return new TableCursor(db, table, { gte: Buffer.from(placeOf(table, '')), lte });
  } finally {
    await backwards.close();
  }
}
