import { inspect } from 'node:util';
import type { KvClient } from '@kv/protocol';
import { CITY_TABLES } from './city-tables.js';
import { findCity, largest } from './queries.js';

/** Ids of cities worth asking for; nothing is stored under the last. */
const LOOK_UP = ['3041563', '1850147', '3413829', 'atlantis'];

/** Asks a few questions, in the same words whichever client `kv` is, and says what the answers are. */
export async function showAnswers(kv: KvClient, say: (line: string) => void): Promise<void> {
  say('Cities by id:');
  for (const id of LOOK_UP)
    say(`  ${id}: ${inspect(await findCity(kv, id), { breakLength: 200 })}`);
  say('The most populous:');
  await showLargest(kv, CITY_TABLES.population, say);
  say('The northernmost:');
  await showLargest(kv, CITY_TABLES.latitude, say);
}

async function showLargest(
  kv: KvClient,
  table: string,
  say: (line: string) => void,
): Promise<void> {
  const ids = await largest(kv, table, 3);
  const [names, countries, values] = await Promise.all([
    kv.hmget(CITY_TABLES.name, ids),
    kv.hmget(CITY_TABLES.country, ids),
    kv.hmget(table, ids),
  ]);
  for (const i of ids.keys()) say(`  ${names[i]}, ${countries[i]}: ${inspect(values[i])}`);
}
