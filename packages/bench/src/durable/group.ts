import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, Group, Measure, Pairing, Run, Subject } from '../group.js';
import { startKvServer } from '../processes/kv-server.js';
import { startRedisServer } from '../processes/redis-server.js';
import { type Loaded, LoadGenerator } from '../server/load-generator.js';
import { fill, underLoad } from '../server/under-load.js';
import { whileSnapshots } from './while-snapshots.js';

const CONNECTIONS = 50;
const DEPTHS = [1, 16, 64] as const;

const OURS = 'kv serve';
const INLINE = 'kv serve --inline-fsync';
const REDIS = 'redis-server';

/** What is measured: our server as it is told, by name; and what the project wants of the ratios, by depth. */
interface Policy {
  readonly fsync: 'always' | 'everysec';
  readonly subjects: Readonly<
    Record<string, { readonly flags: readonly string[]; readonly goals: readonly number[] }>
  >;
}

const POLICIES: readonly Policy[] = [
  {
    fsync: 'always',
    subjects: {
      [OURS]: { flags: [], goals: [0.7] },
      [INLINE]: { flags: ['--inline-fsync'], goals: [1, 1.1, 1.1] },
    },
  },
  { fsync: 'everysec', subjects: { [OURS]: { flags: [], goals: [0.8, 1.1, 1.1] } } },
];

/** Our server with a write-ahead log, and Redis with its append-only file. */
export const durableGroup: Group = {
  name: 'durable',
  title: `Writes that are kept: ${CONNECTIONS} connections, 16-byte keys, 64-byte values, random keys`,
  async open(context) {
    const generator = await LoadGenerator.compile(context);
    const opened: Loaded[] = [];
    const measures: Measure[] = [];
    for (const policy of POLICIES) {
      const servers = await startAll(context, policy);
      opened.push(...servers.values());
      for (const server of servers.values()) await fill(generator, server);
      for (const depth of DEPTHS)
        measures.push(measureOf(context, generator, policy, servers, depth));
    }
    const snapshots = await whileSnapshots(context, generator, CONNECTIONS);
    return {
      measures: [...measures, ...snapshots.measures],
      close: async () => {
        await Promise.all([...opened, snapshots].map((each) => each.close()));
      },
    } satisfies Run;
  },
};

async function startAll(
  context: Context,
  { fsync, subjects }: Policy,
): Promise<Map<string, Loaded>> {
  const folder = await mkdtemp(join(context.folder, `${fsync}-`));
  const servers = new Map<string, Loaded>();
  const redis = ['--save', '', '--appendonly', 'yes', '--appendfsync', fsync, '--dir', folder];
  // Redis first: if it is not there, nothing has been started.
  servers.set(REDIS, { protocol: 'redis', ...(await startRedisServer(context, redis)) });
  for (const [name, { flags }] of Object.entries(subjects)) {
    const data = await mkdtemp(join(folder, 'kv-'));
    const all = ['--storage', 'wal', '--data', data, '--fsync', fsync, ...flags];
    servers.set(name, { protocol: 'kv', ...(await startKvServer(context, all)) });
  }
  return servers;
}

function measureOf(
  context: Context,
  generator: LoadGenerator,
  { fsync, subjects }: Policy,
  servers: ReadonlyMap<string, Loaded>,
  depth: (typeof DEPTHS)[number],
): Measure {
  const load = { operation: 'hset', depth, connections: CONNECTIONS } as const;
  const opened = [...servers].map(([name, server]) => {
    return [name, (): Promise<Subject> => underLoad(context, generator, server, load)] as const;
  });
  const pairings = Object.entries(subjects).map(([subject, { goals }]): Pairing => {
    const goal = goals[DEPTHS.indexOf(depth)];
    return { subject, baseline: REDIS, ...(goal !== undefined && { goal }) };
  });
  return {
    name: `HSET, fsync ${fsync}, depth ${depth}`,
    subjects: Object.fromEntries(opened),
    pairings,
  };
}
