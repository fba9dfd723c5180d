import type { KvClient, Value } from '@kv/protocol';
import { CITY_FIELDS, CITY_TABLES } from './city-tables.js';

/** One city's values, by field; `null` if there is no such city. */
export async function findCity(
  kv: KvClient,
  id: string,
): Promise<Record<string, Value | null> | null> {
  // Not one after the other: the client sends all of them before the first answer comes.
  const values = await Promise.all(CITY_FIELDS.map((field) => kv.hget(CITY_TABLES[field], id)));
  if (values.every((value) => value === null)) return null;
  return Object.fromEntries(CITY_FIELDS.map((field, i) => [field, values[i] ?? null]));
}

/** The keys with the largest values of a table of numbers, the largest first. */
export async function largest(kv: KvClient, table: string, count: number): Promise<string[]> {
  const entries = [...(await kv.hgetall(table))];
  entries.sort(([, a], [, b]) => Number(b) - Number(a));
  return entries.slice(0, count).map(([key]) => key);
}
