import { type Awaitable, KvError, type Storage } from '@kv/core';
import type { Io } from './io.js';

/** After so long, and each time again, whoever waits is told that something goes on, in milliseconds. */
const PATIENCE_MS = 3000;

/**
 * Waits for a storage to be opened, and says on `io.stderr` how long that has taken, if it takes long.
 *
 * @returns `undefined` if `io.stop` was aborted meanwhile: it is closed then, or has not been opened.
 * @throws what opening it fails with.
 */
export async function whileOpening(
  name: string,
  opening: Awaitable<Storage>,
  { stderr, stop }: Pick<Io, 'stderr' | 'stop'>,
): Promise<Storage | undefined> {
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += PATIENCE_MS / 1000;
    stderr.write(`kv is opening ${name}, for ${seconds} seconds now\n`, () => {});
  }, PATIENCE_MS);
  try {
    const storage = await opening;
    if (!stop.aborted) return storage;
    await storage.close();
  } catch (error) {
    const isEnded = stop.aborted && error instanceof KvError && error.code === 'CANCELLED';
    if (!isEnded) throw error;
  } finally {
    clearInterval(timer);
  }
  return undefined;
}
