import type { Awaitable } from '@kv/protocol';

/** Does an operation so many times, one after the other. */
export type Repeat = (count: number) => Awaitable<void>;

/** So many operations are done between two looks at the clock. */
const CHUNK = 1000;

/**
 * How often an operation can be done one after the other, tried for that long.
 *
 * @returns operations a second.
 */
export async function rateOf(repeat: Repeat, durationMs: number): Promise<number> {
  const start = performance.now();
  let operations = 0;
  let elapsedMs: number;
  do {
    await repeat(CHUNK);
    operations += CHUNK;
    elapsedMs = performance.now() - start;
  } while (elapsedMs < durationMs);
  return (operations / elapsedMs) * 1000;
}
