import type { Context, Group, Measure, Pairing } from '../group.js';
import { startWorker } from '../processes/start-worker.js';
import type { TargetName } from './targets.js';
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

const GET: readonly Comparison[] = [
  { subject: 'engine.execute, on a Map', baseline: 'Map', goal: 0.5 },
  { subject: 'engine.execute', baseline: 'Map', goal: 0.5 },
  { subject: 'client, awaited', baseline: 'Map', goal: 0.3 },
  ...SHARED,
];

const SET: readonly Comparison[] = [
  { subject: 'engine.execute', baseline: 'Map' },
  { subject: 'client, awaited', baseline: 'Map' },
  ...SHARED,
];

/** When there are so many entries that most of them are in no cache. */
const GET_OF_MANY: readonly Comparison[] = [
  { subject: 'engine.execute', baseline: 'lmdb', goal: 1.5 },
  { subject: 'engine.execute', baseline: 'keyv', goal: 4 },
];
const TIMES_AS_MANY = 10;

/** The engine, a bare `Map` and other stores, each alone in a process. */
export const inProcessGroup: Group = {
  name: 'in-process',
  title: 'In one process: 16-byte keys, 64-byte values, one operation after the other',
  async open(context) {
    return {
      measures: [
        measure(context, 'get', GET),
        measure(context, 'set', SET),
        measure(context, 'get', GET_OF_MANY, TIMES_AS_MANY),
      ],
      close: async () => {},
    };
  },
};

/** @param times so many times the usual number of entries. */
function measure(
  context: Context,
  operation: InProcessTask['operation'],
  pairings: readonly Comparison[],
  times = 1,
): Measure {
  const keys = context.settings.keys * times;
  const names = new Set(pairings.flatMap(({ subject, baseline }) => [subject, baseline]));
  const subjects = Array.from(names, (target) => {
    const task: InProcessTask = { target, operation, keys };
    return [target, () => startWorker(context, 'server', 'in-process/worker.js', task)] as const;
  });
  const name = times === 1 ? operation : `${operation}, of ${keys.toLocaleString('en')}`;
  return { name, subjects: Object.fromEntries(subjects), pairings };
}
