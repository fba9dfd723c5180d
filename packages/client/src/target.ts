import { createConnection, isIP, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { checkSocketPath, DEFAULT_PORT } from '@kv/protocol';
import type { TlsClientOptions } from './tls-options.js';

/**
 * Where a server is: `kv://host:port` (port 9527 if none is named), or `kvs://host:port` for TLS;
 * `unix:/path/to/socket`, or the path alone if it starts with `/` or `.`; or a function that opens a
 * stream to it.
 */
export type Target = string | (() => Duplex);

/** How to open a stream to a target, and how to speak of it. */
export interface Opener {
  readonly name: string;
  /** Whether the stream is one of TLS, whose handshake must be waited for. */
  readonly secure: boolean;
  open(): Duplex;
}

/**
 * @throws {TypeError} if the target is nothing that can be opened, or not with TLS although it is told
 * how: nobody who says so wants to go on without.
 * @throws {RangeError} if it is a path that is too long for a unix socket.
 */
export function openerOf(target: Target, tls?: TlsClientOptions): Opener {
  if (typeof target === 'function') {
    if (tls !== undefined) throw noTls('a function that opens a stream');
    return { name: 'the given stream', secure: false, open: target };
  }
  const path = socketPath(target);
  if (path !== undefined) {
    checkSocketPath(path);
    return tls === undefined ? plain(target, { path }) : secure(target, { path }, tls);
  }
  const { protocol, host, port } = addressOf(target);
  if (protocol === 'kvs:') return secure(target, { host, port }, tls);
  if (tls !== undefined) throw noTls(target);
  return plain(target, { host, port });
}

function plain(name: string, where: NetConnectOpts): Opener {
  return { name, secure: false, open: () => createConnection({ noDelay: true, ...where }) };
}

function secure(name: string, where: ConnectionOptions, tls: TlsClientOptions = {}): Opener {
  const { host = '' } = where;
  // Node.js tells a server its name, by which it may choose its certificate, only if it is told to.
  const named = host === '' || isIP(host) !== 0 ? undefined : host;
  const servername = tls.servername ?? named;
  const options: ConnectionOptions = { ...tls, ...where, servername, ALPNProtocols: ['kv'] };
  const open = (): Duplex => {
    const socket = connectTls(options);
    // Not an option of these.
    return socket.once('connect', () => socket.setNoDelay(true));
  };
  return { name, secure: true, open };
}

function noTls(target: string): TypeError {
  return new TypeError(`The option tls is for kvs:// and unix sockets, not for ${target}`);
}

function socketPath(target: string): string | undefined {
  return /^unix:(?:\/\/)?(.+)$/.exec(target)?.[1] ?? /^[./].*$/.exec(target)?.[0];
}

function addressOf(target: string): { protocol: string; host: string; port: number } {
  const url = URL.canParse(target) ? new URL(target) : undefined;
  const ours = url?.protocol === 'kv:' || url?.protocol === 'kvs:';
  const bare = ours && url.host !== '' && `${url.protocol}//${url.host}`;
  if (url === undefined || bare !== url.href.replace(/\/$/, '')) {
    throw new TypeError(
      `'${target}' is neither kv://host:port, kvs://host:port nor the path of a unix socket`,
    );
  }
  // IPv6 addresses stand in brackets.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { protocol: url.protocol, host, port: url.port === '' ? DEFAULT_PORT : Number(url.port) };
}
