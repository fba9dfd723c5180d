import { readFile } from 'node:fs/promises';
import type { Context, Group, Measure, Subject } from '../group.js';
import { startKvServer } from '../processes/kv-server.js';
import { startRedisServer } from '../processes/redis-server.js';
import type { Loaded } from '../server/load-generator.js';
import { Unavailable } from '../unavailable.js';
import { FanOut } from './fan-out.js';

const SUBSCRIBERS = 1000;

/** So many times as long as of others is a turn: each makes a thousand connections anew, which is not what is measured. */
const LONGER = 4;

const OURS = 'kv serve';
const REDIS = 'redis-server';

/** How many messages are published at once, and what the project wants of the ratio then. */
const LOADS: readonly (readonly [depth: number, goal: number])[] = [
  [1, 0.8],
  [16, 1.1],
];

/** What is published to our server and to Redis, on its way to many. */
export const topicsGroup: Group = {
  name: 'topics',
  title: `Topics: deliveries from one publisher to ${SUBSCRIBERS.toLocaleString('en')} subscribers, 64-byte messages`,
  async open(context) {
    const fanOut = await FanOut.compile(context);
    await checkDescriptors();
    // Redis first: if it is not there, nothing has been started.
    const redis: Loaded = { protocol: 'redis', ...(await startRedisServer(context)) };
    const ours: Loaded = { protocol: 'kv', ...(await startKvServer(context)) };
    return {
      measures: LOADS.map(
        ([depth, goal]): Measure => ({
          name: `${depth} at a time`,
          subjects: {
            [OURS]: () => underLoad(context, fanOut, ours, depth),
            [REDIS]: () => underLoad(context, fanOut, redis, depth),
          },
          pairings: [{ subject: OURS, baseline: REDIS, goal }],
        }),
      ),
      close: async () => {
        await Promise.all([ours.close(), redis.close()]);
      },
    };
  },
};

/** @throws {Unavailable} if a process may not have as many connections. */
async function checkDescriptors(): Promise<void> {
  const limits = await readFile('/proc/self/limits', 'utf8');
  const most = /^Max open files +\d+ +(\d+)/m.exec(limits)?.[1];
  if (most === undefined || Number(most) > SUBSCRIBERS + 100) return;
  throw new Unavailable(`a process may have ${most} descriptors at the most (ulimit -Hn)`);
}

async function underLoad(
  { settings: { warmupMs, turnMs } }: Context,
  fanOut: FanOut,
  server: Loaded,
  depth: number,
): Promise<Subject> {
  const load = { subscribers: SUBSCRIBERS, depth };
  const [durationMs, before] = [LONGER * turnMs, turnMs];
  await fanOut.run(server, { ...load, durationMs: LONGER * warmupMs, warmupMs: 0 });
  return {
    sample: () => fanOut.run(server, { ...load, durationMs, warmupMs: before }),
    close: async () => {},
  };
}
