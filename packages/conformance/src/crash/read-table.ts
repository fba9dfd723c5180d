import type { Entry, Storage, Value } from '@kv/core';
import { iterate, sorted } from '../storage/entries.js';
import { fingerprint } from './fingerprint.js';
import type { FoundEntry } from './report.js';

/**
 * All that is in a table, by key.
 *
 * @param keys some that may be there.
 * @throws if it is not the same whichever way it is read.
 */
export async function readTable(
  storage: Storage,
  table: string,
  keys: readonly string[],
): Promise<FoundEntry[]> {
  const found = told(await storage.getAll(table));
  const values = await storage.getMany(table, keys);
  const many = told(keys.flatMap((key, i) => entryOf(key, values[i])));
  const wanted = found.filter(([key]) => keys.includes(key));
  expectSame('getMany', table, many, wanted);
  expectSame('getIter', table, told(await iterate(storage.getIter(table))), found);
  return found;
}

/** @throws if what was read in one way is not what `getAll` answered. */
function expectSame(
  way: string,
  table: string,
  read: readonly FoundEntry[],
  all: readonly FoundEntry[],
): void {
  for (let i = 0; i < Math.max(read.length, all.length); i++) {
    const [one, other] = [read[i], all[i]].map((entry) => JSON.stringify(entry));
    if (one === other) continue;
    throw new Error(`Of table ${JSON.stringify(table)}, ${way} answers ${one}, getAll ${other}`);
  }
}

function entryOf(key: string, value: Value | undefined): Entry[] {
  return value === undefined ? [] : [[key, value]];
}

function told(entries: readonly Entry[]): FoundEntry[] {
  return sorted(entries).map(([key, value]) => [key, fingerprint(value)]);
}
