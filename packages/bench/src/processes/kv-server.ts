import { fileURLToPath } from 'node:url';
import type { Context } from '../group.js';
import type { Server } from './server.js';

const BIN = fileURLToPath(new URL('../../../server/bin/kv.js', import.meta.url));

/** Starts `kv serve`, as anybody would. */
export async function startKvServer({ processes, cores }: Context): Promise<Server> {
  const command = [process.execPath, BIN, 'serve', '--port', '0'];
  const server = processes.start(cores.pin('server', command));
  const listens = await server.lineLike(/^kv listens on kv:\/\/\S+:(\d+)$/);
  if (listens === undefined) throw new Error(`kv serve does not start:\n${server.stderr}`);
  return { port: Number(listens[1]), pid: server.pid, close: () => server.end() };
}
