import type { Context, Group, Measure, Run } from '../group.js';
import { startKvServer, startPlainServer } from '../processes/kv-server.js';
import { startRedisServer } from '../processes/redis-server.js';
import { type Loaded, LoadGenerator, type Operation } from './load-generator.js';
import { fill, underLoad } from './under-load.js';

const CONNECTIONS = 50;

const OURS = 'kv serve';
const PLAIN = 'the plain path';
const REDIS = 'redis-server';

/** How many requests are sent at once, and what the project wants of the ratios then. */
const LOADS: readonly [operation: Operation, depth: number, goal: number, plain: number][] = [
  ['hget', 1, 0.8, 0.7],
  ['hget', 16, 1.3, 0.75],
  ['hget', 64, 1.6, 0.8],
  ['hset', 1, 0.75, 0.7],
  ['hset', 16, 1.1, 0.55],
  ['hset', 64, 1.4, 0.55],
];

/** Our server and Redis under the same load. */
export const serverGroup: Group = {
  name: 'server',
  title: `Servers: ${CONNECTIONS} connections, 16-byte keys, 64-byte values, random keys`,
  async open(context) {
    const generator = await LoadGenerator.compile(context);
    // Redis first: if it is not there, nothing has been started.
    const redis: Loaded = { protocol: 'redis', ...(await startRedisServer(context)) };
    const ours: Loaded = { protocol: 'kv', ...(await startKvServer(context)) };
    const plain: Loaded = { protocol: 'kv', ...(await startPlainServer(context)) };
    return openRun(context, generator, { ours, plain, redis });
  },
};

async function openRun(
  context: Context,
  generator: LoadGenerator,
  { ours, plain, redis }: Record<'ours' | 'plain' | 'redis', Loaded>,
): Promise<Run> {
  for (const server of [ours, plain, redis]) await fill(generator, server);
  return {
    measures: LOADS.map(measure),
    close: async () => {
      await Promise.all([ours.close(), plain.close(), redis.close()]);
    },
  };

  function measure([operation, depth, goal, plainGoal]: (typeof LOADS)[number]): Measure {
    const load = { operation, depth, connections: CONNECTIONS };
    return {
      name: `${operation.toUpperCase()}, depth ${depth}`,
      subjects: {
        [OURS]: () => underLoad(context, generator, ours, load),
        [PLAIN]: () => underLoad(context, generator, plain, load),
        [REDIS]: () => underLoad(context, generator, redis, load),
      },
      pairings: [
        { subject: OURS, baseline: REDIS, goal },
        { subject: PLAIN, baseline: REDIS, goal: plainGoal },
      ],
    };
  }
}
