import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { type DataSet, dataSet, RandomIndexes } from '../data.js';
import { type Work, work } from '../processes/worker.js';
import { type Repeat, rateOf } from '../rate.js';
import { rateInFlight } from '../rate-in-flight.js';
import type { EngineTarget } from './target.js';
import { ENGINES, type EngineName } from './targets.js';

export interface EngineTask {
  readonly engine: EngineName;
  readonly operation: EngineOperation;
  readonly keys: number;
  /** Where to make a directory for the store. */
  readonly folder: string;
}

/** What is asked of a store: to read, which it does at once; or so many sets at any time. */
export type EngineOperation =
  | { readonly kind: 'get' }
  | { readonly kind: 'set'; readonly inFlight: number; readonly sync: boolean };

await work<EngineTask>(async ({ engine, operation, keys, folder }) => {
  const data = dataSet(keys);
  const directory = await mkdtemp(join(folder, 'engine-'));
  const sync = operation.kind === 'set' && operation.sync;
  const target = await ENGINES[engine](data, { directory, sync });
  return { rate: rate(target, data, operation), close: () => target.close() };
});

function rate(target: EngineTarget, data: DataSet, operation: EngineOperation): Work['rate'] {
  if (operation.kind === 'get') {
    const repeat = gets(target, data);
    return (durationMs) => rateOf(repeat, durationMs);
  }
  const set = oneSet(target, data);
  return (durationMs) => rateInFlight(set, operation.inFlight, durationMs);
}

/** Reads random keys, and looks at every value. */
function gets(target: EngineTarget, { keys, values }: DataSet): Repeat {
  const indexes = new RandomIndexes(keys.length);
  return (count) => {
    for (let i = 0; i < count; i++) {
      const index = indexes.next();
      check(target.get(keys[index] as string), values[index]);
    }
  };
}

/** Sets a random key, and looks at the value that it had. */
function oneSet(target: EngineTarget, { keys, values }: DataSet): () => Promise<void> {
  const indexes = new RandomIndexes(keys.length);
  return async () => {
    const index = indexes.next();
    const value = values[index] as string;
    check(await target.set(keys[index] as string, value), value);
  };
}

function check(found: unknown, expected: string | undefined): void {
  if (found !== expected) throw new Error(`A wrong answer: ${found}`);
}
