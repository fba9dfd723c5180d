import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@kv/client';
import type { Context, Run, Subject } from '../group.js';
import { startKvServer } from '../processes/kv-server.js';
import type { Loaded, LoadGenerator } from '../server/load-generator.js';
import { fill, underLoad } from '../server/under-load.js';

const WITHOUT = 'kv serve';
const WITH = 'kv serve, taking snapshots';

/** Entries are so many times those that the other measures have. */
const TIMES = 10;

/** A turn is so many times as long as that of others, and so longer than a snapshot takes. */
const TURN_TIMES = 20;
const TURNS = 3;

const DEPTH = 16;

/** How much log there must be before snapshots are taken that nobody asked for. */
const NEVER = '1024g';

/** The server takes as long as it takes. */
const SNAPSHOT_MS = 600_000;

/** Our server with many entries, while it takes one snapshot after the other, beside itself while it takes none. */
export async function whileSnapshots(
  context: Context,
  generator: LoadGenerator,
  connections: number,
): Promise<Run> {
  const { keys, turnMs } = context.settings;
  const long = { ...context, settings: { ...context.settings, turnMs: turnMs * TURN_TIMES } };
  const many = generator.withKeys(keys * TIMES);
  const data = await mkdtemp(join(context.folder, 'snapshots-'));
  const flags = ['--storage', 'wal', '--data', data, '--fsync', 'everysec'];
  const server: Loaded = {
    protocol: 'kv',
    ...(await startKvServer(context, [...flags, '--snapshot-log', NEVER])),
  };
  await fill(many, server);
  const open = (): Promise<Subject> =>
    underLoad(long, many, server, { operation: 'hset', depth: DEPTH, connections });
  return {
    measures: [
      {
        name: `HSET, p99 of ${(keys * TIMES).toLocaleString('en')}, depth ${DEPTH}`,
        turns: TURNS,
        subjects: { [WITH]: async () => takingSnapshots(await open(), server), [WITHOUT]: open },
        pairings: [{ subject: WITH, baseline: WITHOUT, by: 'p99', goal: 0.5 }],
      },
    ],
    close: () => server.close(),
  };
}

/** The same, with a server that takes snapshots all the time, and none any more when a turn is over. */
function takingSnapshots(subject: Subject, { port }: Loaded): Subject {
  return {
    async sample() {
      const client = await connect(`kv://127.0.0.1:${port}`);
      let over = false;
      const snapshots = async (): Promise<void> => {
        while (!over) await client.snapshot({ timeoutMs: SNAPSHOT_MS });
      };
      const taken = snapshots();
      // The turn may fail, and the first snapshot while it runs.
      const [sample] = await Promise.all([
        subject.sample().finally(() => {
          over = true;
        }),
        taken,
      ]);
      await client.close();
      return sample;
    },
    close: () => subject.close(),
  };
}
