import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { keyOf, TABLE, valueFor } from '../data.js';
import type { Context } from '../group.js';
import { type RedisServer, startRedisServer } from '../processes/redis-server.js';
import { loadingSeconds } from './loading-seconds.js';
import { type RecoverySubjects, timed } from './recovery.js';

const BATCH = 10_000;

/** Prepares a directory with the same data in an append-only file and in an RDB file, of which a server loads one. */
export async function redisRecovery(
  context: Context,
  folder: string,
  entries: number,
): Promise<RecoverySubjects> {
  const common = ['--save', '', '--dir', await mkdtemp(join(folder, 'redis-'))];
  // As it is written: with no rewriting, which would make of it what a snapshot is.
  const append = ['--appendonly', 'yes', '--appendfsync', 'no'];
  const logged = [...common, ...append, '--auto-aof-rewrite-percentage', '0'];
  const saved = [...common, '--appendonly', 'no'];
  await withRedis(context, logged, async (server) => {
    await fill(server, entries);
    await save(server);
  });
  return {
    log: timed(entries, () => withRedis(context, logged, loading)),
    snapshot: timed(entries, () => withRedis(context, saved, loading)),
    take: timed(entries, () => withRedis(context, saved, save)),
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

async function loading({ process }: RedisServer): Promise<number> {
  return loadingSeconds(process.stdout);
}

async function fill({ port }: RedisServer, entries: number): Promise<void> {
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

/**
 * Takes a snapshot in the background, and waits until it is there: whoever writes it says so, and need not be asked
 * all the time. Answers how many seconds it took.
 */
async function save({ port, process }: RedisServer): Promise<number> {
  const redis = new Redis(port);
  const begun = performance.now();
  await redis.bgsave();
  const [, saved] = (await process.lineLike(/(DB saved on disk)|Background saving error/)) ?? [];
  if (saved === undefined) throw new Error(`redis-server saves nothing:\n${process.stdout}`);
  const seconds = (performance.now() - begun) / 1000;
  await redis.quit();
  return seconds;
}
