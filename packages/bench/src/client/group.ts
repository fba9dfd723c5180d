import type { Context, Group, Measure } from '../group.js';
import { startKvServer } from '../processes/kv-server.js';
import { startRedisServer } from '../processes/redis-server.js';
import type { Server } from '../processes/server.js';
import { startWorker } from '../processes/start-worker.js';
import { CLIENTS, type ClientName } from './clients.js';
import type { ClientTask } from './worker.js';

const OURS: ClientName = '@kv/client';

/** How many calls are in flight, and what the project wants of the ratio then. */
const LOADS: readonly { readonly inFlight: number; readonly goal?: number }[] = [
  { inFlight: 1000, goal: 3 },
  { inFlight: 64 },
];

/** Clients with their servers: many calls in flight on one connection. */
export const clientGroup: Group = {
  name: 'client',
  title: 'Clients: HGET on one connection, ours from kv serve, the others from redis-server',
  async open(context) {
    // Redis first: if it is not there, nothing has been started.
    const redis = await startRedisServer(context);
    const kv = await startKvServer(context);
    return {
      measures: LOADS.map(({ inFlight, goal }) => measure(context, { kv, redis }, inFlight, goal)),
      close: async () => {
        await Promise.all([kv.close(), redis.close()]);
      },
    };
  },
};

function measure(
  context: Context,
  servers: Readonly<Record<'kv' | 'redis', Server>>,
  inFlight: number,
  goal: number | undefined,
): Measure {
  const { keys } = context.settings;
  const names = Object.keys(CLIENTS) as ClientName[];
  const subjects = names.map((client) => {
    const { port } = servers[CLIENTS[client].server];
    const task: ClientTask = { client, port, inFlight, keys };
    return [client, () => startWorker(context, 'load', 'client/worker.js', task)] as const;
  });
  return {
    name: `HGET, ${inFlight.toLocaleString('en')} in flight`,
    subjects: Object.fromEntries(subjects),
    pairings: names
      .filter((name) => name !== OURS)
      .map((baseline) => ({ subject: OURS, baseline, ...(goal !== undefined && { goal }) })),
  };
}
