import { once } from 'node:events';
import { access, stat, unlink } from 'node:fs/promises';
import { type AddressInfo, createConnection, type Server } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { ListenAddress, ListenOptions } from '@kv/core';
import { checkSocketPath, DEFAULT_PORT } from '@kv/protocol';

const DEFAULT_HOST = '127.0.0.1';

/**
 * Has a server listen.
 *
 * @throws the error of the operating system.
 * @throws {RangeError} if the path of a unix socket is too long for one.
 */
export async function listenOn(
  server: Server,
  options: ListenOptions,
  scheme: 'kv' | 'kvs',
): Promise<ListenAddress> {
  if (options.path !== undefined) return listenOnPath(server, options.path);
  const { host = DEFAULT_HOST, port = DEFAULT_PORT } = options;
  server.listen({ host, port });
  await once(server, 'listening');
  const { address, family, port: bound } = server.address() as AddressInfo;
  const name = family === 'IPv6' ? `[${address}]` : address;
  return { url: `${scheme}://${name}:${bound}`, port: bound };
}

async function listenOnPath(server: Server, path: string): Promise<ListenAddress> {
  checkSocketPath(path);
  server.listen({ path });
  try {
    await once(server, 'listening');
  } catch (error) {
    // What Node.js also says where there is no such directory; this says that.
    if (isCode(error, 'EACCES')) await access(dirname(path));
    // A process that was killed leaves its socket's file behind.
    if (!isCode(error, 'EADDRINUSE') || !(await removeLeftOver(path))) throw error;
    server.listen({ path });
    await once(server, 'listening');
  }
  return { url: `unix:${resolve(path)}` };
}

/**
 * Removes the socket at `path` if nobody accepts connections on it. There is no lock: of two processes
 * that do this at the same moment, one may remove what the other has just made.
 *
 * @returns whether there is none any more.
 */
async function removeLeftOver(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return true;
  // A connection to an ordinary file is refused as well.
  if (!found.isSocket() || (await isServed(path))) return false;
  const now = await stat(path).catch(() => undefined);
  if (now !== undefined && now.ino !== found.ino) return false;
  await unlink(path).catch(() => {});
  return true;
}

async function isServed(path: string): Promise<boolean> {
  const probe = createConnection({ path });
  try {
    await once(probe, 'connect');
    return true;
  } catch (error) {
    return !isCode(error, 'ECONNREFUSED');
  } finally {
    probe.destroy();
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
