import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { keyOf, TABLE, valueFor } from '../data.js';
import type { Context } from '../group.js';
import { type RedisServer, startRedisServer } from '../processes/redis-server.js';
import { type RecoverySubjects, timed } from './recovery.js';

const BATCH = 10_000;

/** Prepares directories with an append-only file alone, and with an RDB file alone. */
export async function redisRecovery(
  context: Context,
  folder: string,
  entries: number,
): Promise<RecoverySubjects> {
  const [log, snapshot] = [join(folder, 'redis-log'), join(folder, 'redis-snapshot')];
  await Promise.all([log, snapshot].map((directory) => mkdir(directory)));
  // As it is written: with no rewriting, which would make of it what a snapshot is.
  const append = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'no'];
  const logged = [...append, '--auto-aof-rewrite-percentage', '0', '--dir', log];
  const saved = ['--save', '', '--appendonly', 'no', '--dir', snapshot];
  await withRedis(context, logged, ({ port }) => fill(port, entries));
  await withRedis(context, saved, async ({ port }) => {
    await fill(port, entries);
    await save(port);
  });
  return {
    log: timed(entries, () => withRedis(context, logged, loading)),
    snapshot: timed(entries, () => withRedis(context, saved, loading)),
    take: timed(entries, () => withRedis(context, saved, ({ port }) => save(port))),
  };
}

async function withRedis<Answer>(
  context: Context,
  flags: readonly string[],
  use: (server: RedisServer) => Promise<Answer>,
): Promise<Answer> {
  const server = await startRedisServer(context, flags);
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

/** How many seconds it says that it took over loading. */
async function loading({ process }: RedisServer): Promise<number> {
  const [, seconds] = /DB loaded from .*: ([\d.]+) seconds/.exec(process.stdout) ?? [];
  if (seconds === undefined) throw new Error('redis-server has loaded nothing');
  // It tells milliseconds.
  return Math.max(Number(seconds), 0.001);
}

async function fill(port: number, entries: number): Promise<void> {
  const redis = new Redis(port);
  for (let from = 0; from < entries; from += BATCH) {
    const pipeline = redis.pipeline();
    for (let i = from; i < Math.min(from + BATCH, entries); i++) {
      pipeline.hset(TABLE, keyOf(i), valueFor(keyOf(i)));
    }
    await pipeline.exec();
  }
  await redis.quit();
}

/** Takes a snapshot in the background, and waits until it is there. Answers how many seconds it took. */
async function save(port: number): Promise<number> {
  const redis = new Redis(port);
  const begun = performance.now();
  await redis.bgsave();
  while (!/rdb_bgsave_in_progress:0/.test(await redis.info('persistence')));
  const seconds = (performance.now() - begun) / 1000;
  await redis.quit();
  return seconds;
}
