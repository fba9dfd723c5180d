import type { Entry, Storage, WriteOp } from '@kv/core';

/** The op that stores an entry. */
export function setOp([key, value]: Entry): WriteOp {
  return { op: 'set', key, value };
}

/** The op that deletes a key. */
export function deleteOp(key: string): WriteOp {
  return { op: 'delete', key };
}

/** `count` entries that can be told apart: `prefix0000` with the integer 0, and so on. */
export function manyEntries(count: number, prefix = 'key'): Entry[] {
  return Array.from({ length: count }, (_, i) => [
    `${prefix}${String(i).padStart(4, '0')}`,
    BigInt(i),
  ]);
}

/** Stores entries, without help from the engine's `write`. */
export async function store(
  storage: Storage,
  table: string,
  entries: Iterable<Entry>,
): Promise<void> {
  for (const [key, value] of entries) await storage.set(table, key, value);
}

/** Entries in an order of their own, to compare those of an engine that has none. */
export function sorted(entries: Iterable<Entry>): Entry[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}

/**
 * What an iteration shows. `during` is called after each entry and waited for.
 *
 * @throws if there is no end to it.
 */
export async function iterate(
  entries: ReturnType<Storage['getIter']>,
  during: (entry: Entry, index: number) => unknown = () => {},
): Promise<Entry[]> {
  const seen: Entry[] = [];
  for await (const entry of entries) {
    await during(entry, seen.length);
    seen.push(entry);
    if (seen.length > MOST_ENTRIES) throw new Error(`No end after ${MOST_ENTRIES} entries`);
  }
  return seen;
}

/** More than any check stores. */
const MOST_ENTRIES = 10_000;
