import type { Context, Group, Measure, Pairing } from '../group.js';
import { startWorker } from '../processes/start-worker.js';
import { ENGINES, type EngineName } from './targets.js';
import type { EngineOperation, EngineTask } from './worker.js';

interface Comparison extends Pairing {
  readonly subject: EngineName;
  readonly baseline: EngineName;
}

/** Within a third of what the binding does when nobody stands between. */
const GOAL = 0.67;

const PAIRINGS: readonly Comparison[] = [
  { subject: 'LevelStorage', baseline: 'classic-level', goal: GOAL },
  { subject: 'LmdbStorage', baseline: 'lmdb', goal: GOAL },
];

/** Sets that are under way at a time, when they are many. */
const MANY = 100;

/** With `sync`, one at a time tells how fast the disk is, and nothing else. */
const OPERATIONS: Readonly<Record<string, EngineOperation>> = {
  get: { kind: 'get' },
  'set, one at a time': { kind: 'set', inFlight: 1, sync: false },
  [`set, ${MANY} in flight`]: { kind: 'set', inFlight: MANY, sync: false },
  [`set, ${MANY} in flight, sync`]: { kind: 'set', inFlight: MANY, sync: true },
};

/** Storages on the disk, and the bindings on which they stand, each alone in a process. */
export const enginesGroup: Group = {
  name: 'engines',
  title: 'Engines on the disk: 16-byte keys, 64-byte values; a set also reads what it replaces',
  async open(context) {
    return {
      measures: Object.entries(OPERATIONS).map(([name, operation]) =>
        measure(context, name, operation),
      ),
      close: async () => {},
    };
  },
};

function measure(context: Context, name: string, operation: EngineOperation): Measure {
  const { folder, settings } = context;
  const subjects = (Object.keys(ENGINES) as EngineName[]).map((engine) => {
    const task: EngineTask = { engine, operation, keys: settings.keys, folder };
    return [engine, () => startWorker(context, 'server', 'engines/worker.js', task)] as const;
  });
  return { name, subjects: Object.fromEntries(subjects), pairings: PAIRINGS };
}
