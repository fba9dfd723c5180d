import { type Awaitable, KvError, type Storage } from '@kv/core';
import type { Io } from './io.js';
import { sayingHowLong } from './saying-how-long.js';

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
  try {
    const storage = await sayingHowLong(`opening ${name}`, opening, stderr);
    if (!stop.aborted) return storage;
    await storage.close();
  } catch (error) {
    const isEnded = stop.aborted && error instanceof KvError && error.code === 'CANCELLED';
    if (!isEnded) throw error;
  }
  return undefined;
}
