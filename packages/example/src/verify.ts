import { inspect, isDeepStrictEqual } from 'node:util';
import type { KvClient, Value } from '@kv/protocol';
import type { City } from './cities.js';
import { CITY_FIELDS, CITY_TABLES, pairsOf } from './city-tables.js';

/** Two sources that should hold the same do not. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/** The two ways to the same engine. */
export interface Clients {
  readonly inProcess: KvClient;
  readonly overTcp: KvClient;
}

/** How to {@link verify}. */
export interface VerifyOptions {
  /** Ends it early: it fails with `CANCELLED`. */
  readonly signal: AbortSignal;
  /** Told of every table that has been compared. */
  readonly onVerified: (records: number) => void;
}

/** Milliseconds spent on reading all tables. */
export interface ReadTimes {
  readonly inProcessMs: number;
  readonly overTcpMs: number;
}

/**
 * Reads every table both ways, and sees to it that both give the same, and that it is what was loaded.
 *
 * @throws {Mismatch} at the first difference.
 */
export async function verify(
  cities: readonly City[],
  { inProcess, overTcp }: Clients,
  { signal, onVerified }: VerifyOptions,
): Promise<ReadTimes> {
  let inProcessMs = 0;
  let overTcpMs = 0;
  for (const field of CITY_FIELDS) {
    const table = CITY_TABLES[field];
    const start = performance.now();
    const here = await inProcess.hgetall(table, { signal });
    const between = performance.now();
    // A whole table in one answer: the largest takes 3 MiB, and a frame may have 16. Of more than
    // that one would ask for some keys at a time, with HMGET.
    const there = await overTcp.hgetall(table, { signal });
    const end = performance.now();
    inProcessMs += between - start;
    overTcpMs += end - between;

    const loaded = new Map(pairsOf(cities, field));
    assertSame(table, { name: 'in-process', entries: here }, { name: 'loaded', entries: loaded });
    assertSame(table, { name: 'over TCP', entries: there }, { name: 'in-process', entries: here });
    onVerified(loaded.size);
  }
  return { inProcessMs, overTcpMs };
}

interface Side {
  readonly name: string;
  readonly entries: ReadonlyMap<string, Value>;
}

function assertSame(table: string, one: Side, other: Side): void {
  for (const key of new Set([...one.entries.keys(), ...other.entries.keys()])) {
    const value = one.entries.get(key);
    const expected = other.entries.get(key);
    // Strict: `1n` is not `1`, for the type of a value must come back too.
    if (isDeepStrictEqual(value, expected)) continue;
    throw new Mismatch(
      `${table}, key ${key}: ${inspect(value)} ${one.name}, ${inspect(expected)} ${other.name}`,
    );
  }
}
