import { KvError } from '@kv/protocol';
import { CITY_TABLES } from './city-tables.js';
import type { Clients } from './verify.js';

/** Tries to change a read-only table both ways, and says how it is refused. */
export async function showRefusals(
  { inProcess, overTcp }: Clients,
  say: (line: string) => void,
): Promise<void> {
  say('Writing to a table that a hook protects:');
  const here = await refusalOf(inProcess.hset(CITY_TABLES.population, 'atlantis', 1n));
  say(`  in-process: ${here.code}, ${here.message}`);
  const there = await refusalOf(overTcp.hset(CITY_TABLES.population, 'atlantis', 1n));
  say(`  over TCP:   ${there.code}, ${there.message}`);
}

async function refusalOf(write: Promise<unknown>): Promise<KvError> {
  try {
    await write;
  } catch (error) {
    // One class on both sides; of anything but a refusal the caller should hear.
    if (error instanceof KvError && error.code === 'FORBIDDEN') return error;
    throw error;
  }
  throw new Error('A read-only table was written to');
}
