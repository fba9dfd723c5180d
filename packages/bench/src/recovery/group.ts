import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, Group, Run } from '../group.js';
import { redisRecovery } from './redis-recovery.js';
import { walRecovery } from './wal-recovery.js';

const OURS = 'WalStorage';
const REDIS = 'redis-server';

/** Entries are so many times those that the other groups have. */
const TIMES = 10;

/** Each turn is as long as loading all takes: so many say what many short ones do elsewhere. */
const TURNS = 2;

/** How fast data is there again, and how fast a copy of all is taken: ours and Redis' way. */
export const recoveryGroup: Group = {
  name: 'recovery',
  title: 'Reading data back, and taking snapshots: entries a second, 16-byte keys, 64-byte values',
  async open(context: Context): Promise<Run> {
    const entries = context.settings.keys * TIMES;
    const folder = await mkdtemp(join(context.folder, 'recovery-'));
    // Redis first: if it is not there, nothing has been started.
    const redis = await redisRecovery(context, folder, entries);
    const ours = await walRecovery(context, folder, entries);
    return {
      measures: [
        {
          name: 'read the log',
          turns: TURNS,
          subjects: { [OURS]: ours.log, [REDIS]: redis.log },
          pairings: [{ subject: OURS, baseline: REDIS, goal: 1.5 }],
        },
        {
          name: 'read a snapshot',
          turns: TURNS,
          subjects: { [OURS]: ours.snapshot, [REDIS]: redis.snapshot },
          pairings: [{ subject: OURS, baseline: REDIS, goal: 2 }],
        },
        {
          name: 'take a snapshot',
          turns: TURNS,
          subjects: { [OURS]: ours.take, [REDIS]: redis.take },
          pairings: [{ subject: OURS, baseline: REDIS, goal: 1 }],
        },
      ],
      close: async () => {},
    };
  },
};
