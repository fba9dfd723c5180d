import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import type { Context } from '../group.js';
import { Unavailable } from '../unavailable.js';
import type { RunningProcess } from './running-process.js';
import type { Server } from './server.js';

const COMMAND = 'redis-server';

/** A redis-server, of which one can read what it says. */
export interface RedisServer extends Server {
  readonly process: RunningProcess;
}

/** A free port may be taken by another before Redis is there. */
const ATTEMPTS = 5;

/** What redis-server is told to keep nothing on disk. */
const NOTHING_ON_DISK: readonly string[] = ['--save', '', '--appendonly', 'no'];

/**
 * Starts redis-server, and waits until it has loaded what it has.
 *
 * @param flags what it keeps on disk, and where: by default nothing.
 * @throws {Unavailable} if it is not installed.
 */
export async function startRedisServer(
  context: Context,
  flags: readonly string[] = [...NOTHING_ON_DISK, '--dir', context.folder],
): Promise<RedisServer> {
  if ((await redisVersion()) === undefined) {
    throw new Unavailable(`${COMMAND} is not installed (on Debian: apt-get install redis-server)`);
  }
  let said = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await freePort();
    const redis = context.processes.start(context.cores.pin('server', command(port, flags)));
    if ((await redis.lineLike(/Ready to accept connections/)) !== undefined) {
      return { port, pid: redis.pid, process: redis, close: () => redis.end() };
    }
    said = redis.stdout + redis.stderr;
  }
  throw new Error(`${COMMAND} does not start:\n${said}`);
}

/** The version of the Redis on this machine, if there is one. */
export async function redisVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(COMMAND, ['--version']);
    return /\bv=(\S+)/.exec(stdout)?.[1] ?? 'of an unknown version';
  } catch {
    return undefined;
  }
}

function command(port: number, flags: readonly string[]): string[] {
  return [COMMAND, '--bind', '127.0.0.1', '--port', String(port), ...flags];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
