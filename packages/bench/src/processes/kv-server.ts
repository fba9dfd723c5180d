import { fileURLToPath } from 'node:url';
import type { Context } from '../group.js';
import type { Server } from './server.js';

const BIN = fileURLToPath(new URL('../../../server/bin/kv.js', import.meta.url));
const PLAIN = fileURLToPath(new URL('../../dist/server/plain-server.js', import.meta.url));

/** Starts `kv serve`, as anybody would; `flags` are what it is told besides. */
export function startKvServer(context: Context, flags: readonly string[] = []): Promise<Server> {
  return start(context, [BIN, 'serve', '--port', '0', ...flags]);
}

/** Starts a server that answers on the plain path. */
export function startPlainServer(context: Context): Promise<Server> {
  return start(context, [PLAIN]);
}

async function start({ processes, cores }: Context, command: readonly string[]): Promise<Server> {
  const server = processes.start(cores.pin('server', [process.execPath, ...command]));
  const listens = await server.lineLike(/^kv listens on kv:\/\/\S+:(\d+)$/);
  if (listens === undefined) throw new Error(`The server does not start:\n${server.stderr}`);
  return { port: Number(listens[1]), pid: server.pid, close: () => server.end() };
}
