import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkSocketPath } from '@kv/protocol';

const DEFAULT_PORT = 9527;

/**
 * Where a server is: `kv://host:port` (port 9527 if none is named), `unix:/path/to/socket`, or the
 * path alone if it starts with `/` or `.`; or a function that opens a stream to it.
 */
export type Target = string | (() => Duplex);

/** How to open a stream to a target, and how to speak of it. */
export interface Opener {
  readonly name: string;
  open(): Duplex;
}

/**
 * @throws {TypeError} if the target is nothing that can be opened.
 * @throws {RangeError} if it is a path that is too long for a unix socket.
 */
export function openerOf(target: Target): Opener {
  if (typeof target === 'function') return { name: 'the given stream', open: target };
  const path = socketPath(target);
  if (path !== undefined) {
    checkSocketPath(path);
    return { name: target, open: () => createConnection({ path }) };
  }
  const { host, port } = hostAndPort(target);
  return { name: target, open: () => createConnection({ host, port, noDelay: true }) };
}

function socketPath(target: string): string | undefined {
  return /^unix:(?:\/\/)?(.+)$/.exec(target)?.[1] ?? /^[./].*$/.exec(target)?.[0];
}

function hostAndPort(target: string): { host: string; port: number } {
  const url = URL.canParse(target) ? new URL(target) : undefined;
  const bare = url?.protocol === 'kv:' && url.host !== '' && `kv://${url.host}`;
  if (url === undefined || bare !== url.href.replace(/\/$/, '')) {
    throw new TypeError(`'${target}' is neither kv://host:port nor the path of a unix socket`);
  }
  // IPv6 addresses stand in brackets.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port) };
}
