import { once } from 'node:events';
import { stat, unlink } from 'node:fs/promises';
import { type AddressInfo, createConnection, type Server } from 'node:net';
import { resolve } from 'node:path';
import type { ListenAddress, ListenOptions } from '@kv/core';
import { checkSocketPath } from '@kv/protocol';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 9527;

/**
 * Has a server listen.
 *
 * @throws the error of the operating system.
 * @throws {RangeError} if the path of a unix socket is too long for one.
 */
export async function listenOn(server: Server, options: ListenOptions): Promise<ListenAddress> {
  if (options.path !== undefined) return listenOnPath(server, options.path);
  const { host = DEFAULT_HOST, port = DEFAULT_PORT } = options;
  server.listen({ host, port });
  await once(server, 'listening');
  const { address, family, port: bound } = server.address() as AddressInfo;
  const name = family === 'IPv6' ? `[${address}]` : address;
  return { url: `kv://${name}:${bound}`, port: bound };
}

async function listenOnPath(server: Server, path: string): Promise<ListenAddress> {
  checkSocketPath(path);
  server.listen({ path });
  try {
    await once(server, 'listening');
  } catch (error) {
    // A process that was killed leaves its socket's file behind.
    if (!isCode(error, 'EADDRINUSE') || !(await isLeftOver(path))) throw error;
    await unlink(path);
    server.listen({ path });
    await once(server, 'listening');
  }
  return { url: `unix:${resolve(path)}` };
}

/** Whether there is a socket at `path` on which nobody accepts connections. */
async function isLeftOver(path: string): Promise<boolean> {
  // A connection to an ordinary file is refused as well.
  if (!(await stat(path)).isSocket()) return false;
  const probe = createConnection({ path });
  try {
    await once(probe, 'connect');
    return false;
  } catch (error) {
    return isCode(error, 'ECONNREFUSED');
  } finally {
    probe.destroy();
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
