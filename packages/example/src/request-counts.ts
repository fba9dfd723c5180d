import type { Engine } from '@kv/core';

/**
 * A hook that looks on: counts the requests that have been answered, by the transport on which they
 * came.
 *
 * @returns the counts, which go on changing.
 */
export function countRequests(engine: Engine): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  engine.hooks.on('afterResponseSend', ({ peer: { transport } }) => {
    counts.set(transport, (counts.get(transport) ?? 0) + 1);
  });
  return counts;
}
