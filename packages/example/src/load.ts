import type { KvClient } from '@kv/protocol';
import type { City } from './cities.js';
import { CITY_FIELDS, CITY_TABLES, pairsOf } from './city-tables.js';

/** How to {@link load}. */
export interface LoadOptions {
  /** Ends it early: it fails with `CANCELLED`. */
  readonly signal: AbortSignal;
  /** Told of every batch that is stored. */
  readonly onStored: (records: number) => void;
  /** Records in one request: 500 by default. */
  readonly batchSize?: number;
  /** Requests sent before the answer to the first must have come: 8 by default. */
  readonly window?: number;
}

interface Batch {
  readonly table: string;
  readonly pairs: ReturnType<typeof pairsOf>;
}

/**
 * Stores `cities`, many records to a request and several requests on their way at any time. The
 * window keeps the server busy while answers travel; without one, every request would be in memory at
 * once.
 *
 * @throws {KvError} what the first batch fails with; no batch is begun after that.
 */
export async function load(
  kv: KvClient,
  cities: readonly City[],
  { signal, onStored, batchSize = 500, window = 8 }: LoadOptions,
): Promise<void> {
  // All workers take from this one generator. A worker that fails ends it, and so stops the others.
  const queue = batches(cities, batchSize);
  const worker = async (): Promise<void> => {
    for (const { table, pairs } of queue) {
      await kv.hmset(table, pairs, { signal });
      onStored(pairs.length);
    }
  };
  await Promise.all(Array.from({ length: window }, worker));
}

function* batches(cities: readonly City[], size: number): Generator<Batch, void, undefined> {
  for (const field of CITY_FIELDS) {
    for (let start = 0; start < cities.length; start += size) {
      const batch = cities.slice(start, start + size);
      yield { table: CITY_TABLES[field], pairs: pairsOf(batch, field) };
    }
  }
}
