import type { Context, Subject } from '../group.js';
import type { Load, Loaded, LoadGenerator } from './load-generator.js';

/** Fills the table of a server. */
export async function fill(generator: LoadGenerator, server: Loaded): Promise<void> {
  const at = { connections: 1, depth: 64, durationMs: 0, warmupMs: 0, seed: 1 };
  await generator.run(server, { operation: 'fill', ...at });
}

/** A server under a load, warmed up. Whoever opens it closes the server. */
export async function underLoad(
  { settings: { warmupMs, turnMs } }: Context,
  generator: LoadGenerator,
  server: Loaded,
  load: Pick<Load, 'operation' | 'depth' | 'connections'>,
): Promise<Subject> {
  let seed = 1;
  await generator.run(server, { ...load, durationMs: warmupMs, warmupMs: 0, seed });
  return {
    sample: () => {
      // All are asked for the same keys, and for others at each turn.
      seed++;
      return generator.run(server, { ...load, durationMs: turnMs, warmupMs: turnMs / 5, seed });
    },
    close: async () => {},
  };
}
