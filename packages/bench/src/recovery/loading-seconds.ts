/**
 * What Redis says when all is loaded. Of an append-only file it also tells what its parts took, the base file and the
 * incremental ones, in lines of their own before.
 */
const LOADED = /DB loaded from (?:append only file|disk): ([\d.]+) seconds/;

/** Redis tells no less. */
const LEAST = 0.001;

/**
 * How many seconds a Redis took over loading its data, by what it has printed.
 *
 * @throws {Error} if it has loaded nothing.
 */
export function loadingSeconds(printed: string): number {
  const [, seconds] = LOADED.exec(printed) ?? [];
  if (seconds === undefined) throw new Error('redis-server has loaded nothing');
  return Math.max(Number(seconds), LEAST);
}
