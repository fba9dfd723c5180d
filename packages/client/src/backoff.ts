/**
 * How long to wait before an attempt to reconnect: a random part of a time that doubles from attempt
 * to attempt, so that the clients of a server that comes back do not all come back at once ("full
 * jitter").
 *
 * @param attempt 0 for the first.
 * @param random from 0 to 1, exclusive.
 * @returns milliseconds.
 */
export function reconnectDelay(
  attempt: number,
  minMs: number,
  maxMs: number,
  random: () => number = Math.random,
): number {
  return random() * Math.min(maxMs, minMs * 2 ** attempt);
}
