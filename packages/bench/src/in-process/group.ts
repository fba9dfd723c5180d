import type { Context, Group, Measure, Pairing } from '../group.js';
import { startWorker } from '../processes/start-worker.js';
import { TARGETS, type TargetName } from './targets.js';
import type { InProcessTask } from './worker.js';

/** Another store is compared with what its users would call instead: the awaited client. */
const SHARED: readonly Comparison[] = [
  { subject: 'client, awaited', baseline: 'keyv', goal: 3 },
  { subject: 'client, awaited', baseline: 'unstorage', goal: 3 },
  { subject: 'client, awaited', baseline: '@deno/kv', goal: 3 },
  { subject: 'engine.execute', baseline: 'dispatch' },
  { subject: 'engine.execute, 4 listeners', baseline: 'engine.execute', goal: 0.9 },
  { subject: 'client, awaited, 4 listeners', baseline: 'client, awaited', goal: 0.9 },
];

interface Comparison extends Pairing {
  readonly subject: TargetName;
  readonly baseline: TargetName;
}

const PAIRINGS: Record<InProcessTask['operation'], readonly Comparison[]> = {
  get: [
    { subject: 'engine.execute', baseline: 'Map', goal: 0.5 },
    { subject: 'client, awaited', baseline: 'Map', goal: 0.3 },
    ...SHARED,
  ],
  set: [
    { subject: 'engine.execute', baseline: 'Map' },
    { subject: 'client, awaited', baseline: 'Map' },
    ...SHARED,
  ],
};

/** The engine, a bare `Map` and other stores, each alone in a process. */
export const inProcessGroup: Group = {
  name: 'in-process',
  title: 'In one process: 16-byte keys, 64-byte values, one operation after the other',
  async open(context) {
    return {
      measures: [measure(context, 'get'), measure(context, 'set')],
      close: async () => {},
    };
  },
};

function measure(context: Context, operation: InProcessTask['operation']): Measure {
  const { keys } = context.settings;
  const subjects = (Object.keys(TARGETS) as TargetName[]).map((target) => {
    const task: InProcessTask = { target, operation, keys };
    return [target, () => startWorker(context, 'server', 'in-process/worker.js', task)] as const;
  });
  return { name: operation, subjects: Object.fromEntries(subjects), pairings: PAIRINGS[operation] };
}
