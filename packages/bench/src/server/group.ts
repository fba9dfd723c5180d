import { fileURLToPath } from 'node:url';
import type { Context, Group, Measure, Run } from '../group.js';
import { startKvServer, startPlainServer } from '../processes/kv-server.js';
import { startRedisServer } from '../processes/redis-server.js';
import type { RunningProcess } from '../processes/running-process.js';
import { type Loaded, LoadGenerator, type Operation } from './load-generator.js';
import { fill, underLoad } from './under-load.js';

const CONNECTIONS = 50;

/** Children run what was built. */
const WATCHER = fileURLToPath(new URL('../../dist/server/watcher.js', import.meta.url));

const OURS = 'kv serve';
const PLAIN = 'the plain path';
const WATCHED = 'the plain path, watched';
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

/** What the project wants of the rate at which a watched table is written to, beside one that is not. */
const WATCHED_GOAL = 0.6;

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
    const watched: Loaded = { protocol: 'kv', ...(await startPlainServer(context)) };
    return openRun(context, generator, { ours, plain, watched, redis });
  },
};

async function openRun(
  context: Context,
  generator: LoadGenerator,
  { ours, plain, watched, redis }: Record<'ours' | 'plain' | 'watched' | 'redis', Loaded>,
): Promise<Run> {
  const servers = [ours, plain, watched, redis];
  for (const server of servers) await fill(generator, server);
  const watcher = await startWatcher(context, watched);
  return {
    measures: [...LOADS.map(measure), watchedMeasure()],
    close: async () => {
      await watcher.end();
      await Promise.all(servers.map((server) => server.close()));
    },
  };

  function watchedMeasure(): Measure {
    const load = { operation: 'hset', depth: 16, connections: CONNECTIONS } as const;
    return {
      name: 'HSET of a watched table, depth 16',
      subjects: {
        [WATCHED]: async () => {
          // The other one has been under all of the loads before.
          for (const _ of LOADS) await underLoad(context, generator, watched, load);
          return underLoad(context, generator, watched, load);
        },
        [PLAIN]: () => underLoad(context, generator, plain, load),
      },
      pairings: [{ subject: WATCHED, baseline: PLAIN, goal: WATCHED_GOAL }],
    };
  }

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

/** Has somebody watch the table of a server. */
async function startWatcher(
  { processes, cores }: Context,
  { port }: Loaded,
): Promise<RunningProcess> {
  const command = [process.execPath, WATCHER, String(port)];
  const watcher = processes.start(cores.pin('load', command));
  if ((await watcher.lineLike(/^watching$/)) !== undefined) return watcher;
  throw new Error(`Nobody can watch:\n${watcher.stderr}`);
}
