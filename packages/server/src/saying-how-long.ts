import type { Awaitable } from '@kv/core';
import type { Output } from './io.js';

/** After so long, and each time again, whoever waits is told that something goes on, in milliseconds. */
const PATIENCE_MS = 3000;

/**
 * Waits for something, and says on `stderr` how long that has taken, if it takes long.
 *
 * @param doing what goes on, as it follows "kv is".
 * @returns what it gives.
 * @throws what it fails with.
 */
export async function sayingHowLong<T>(
  doing: string,
  work: Awaitable<T>,
  stderr: Output,
): Promise<T> {
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += PATIENCE_MS / 1000;
    stderr.write(`kv is ${doing}, for ${seconds} seconds now\n`, () => {});
  }, PATIENCE_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
