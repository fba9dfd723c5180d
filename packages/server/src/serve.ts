import { once } from 'node:events';
import { inspect } from 'node:util';
import {
  Engine,
  type EngineOptions,
  KvError,
  type ListenAddress,
  type ListenOptions,
} from '@kv/core';
import {
  type TcpListenOptions,
  TcpTransport,
  type TcpTransportOptions,
  type TlsServerOptions,
} from '@kv/transport-tcp';
import type { Io } from './io.js';
import { isLocal } from './loopback.js';
import { sayLine, write } from './output.js';
import { checkUsage } from './usage.js';

/** What {@link serve} can be told; what is left out is the default of what it is handed to. */
export interface ServeOptions {
  readonly listen?: ListenOptions | undefined;
  readonly engine?: EngineOptions | undefined;
  readonly transport?: TcpTransportOptions | undefined;
  /** Makes it serve with TLS; asked again when `io.onReload` says so. */
  readonly tls?: (() => Promise<TlsServerOptions>) | undefined;
}

/**
 * Serves an engine until `io.stop` is aborted, and then drains: what is under way is answered, then the
 * engine is closed. Says on `io.stdout` where it listens.
 *
 * @throws {KvError} `INVALID_COMMAND` for an option that makes no sense, `UNAVAILABLE` if it cannot
 * listen there.
 */
export async function serve(
  options: ServeOptions,
  io: Pick<Io, 'stdout' | 'stderr' | 'stop' | 'onReload'>,
): Promise<void> {
  const report = (error: KvError): void => void io.stderr.write(`${inspect(error)}\n`, () => {});
  const { onError = report, ...engineOptions } = options.engine ?? {};
  const engine = checkUsage(() => new Engine({ onError, ...engineOptions }));
  const transport = checkUsage(() => new TcpTransport(engine, options.transport));
  const { tls: load } = options;
  let endReloading: (() => void) | undefined;
  try {
    const tls = await load?.();
    const address = await listen(transport, { ...options.listen, ...(tls && { tls }) });
    if (load !== undefined) endReloading = io.onReload?.(() => void reload(transport, load, io));
    await write(io.stdout, `kv listens on ${address.url}\n`);
    const warning = isLocal(address) ? undefined : exposed(address, tls);
    if (warning !== undefined) await write(io.stderr, `warning: ${warning}\n`);
    if (!io.stop.aborted) await once(io.stop, 'abort');
  } finally {
    endReloading?.();
    await transport.close();
    await engine.close();
  }
}

async function listen(transport: TcpTransport, options: TcpListenOptions): Promise<ListenAddress> {
  try {
    return await transport.listen(options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KvError('UNAVAILABLE', `cannot listen: ${reason}`, { cause });
  }
}

/** Says in a line what has become of it. What is wrong with the files leaves everything as it was. */
async function reload(
  transport: TcpTransport,
  load: () => Promise<TlsServerOptions>,
  io: Pick<Io, 'stdout' | 'stderr'>,
): Promise<void> {
  try {
    transport.reloadTls(await load());
    io.stdout.write('kv has reloaded its certificates\n', () => {});
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    sayLine(io.stderr, `error: certificates not reloaded: ${reason}`);
  }
}

/** What is missing of a server that other machines can reach. */
function exposed({ url }: ListenAddress, tls: TlsServerOptions | undefined): string | undefined {
  const open = `${url} is open to other machines`;
  if (tls === undefined) return `${open}, with neither encryption nor authentication`;
  if (tls.requestCert && tls.rejectUnauthorized !== false) return undefined;
  return `${open}, without authentication (--tls-client-auth)`;
}
