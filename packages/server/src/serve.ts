import { once } from 'node:events';
import { inspect } from 'node:util';
import {
  Engine,
  type EngineOptions,
  KvError,
  type ListenAddress,
  type ListenOptions,
} from '@kv/core';
import { TcpTransport, type TcpTransportOptions } from '@kv/transport-tcp';
import type { Io } from './io.js';
import { isLocal } from './loopback.js';
import { write } from './output.js';
import { checkUsage } from './usage.js';

/** What {@link serve} can be told; what is left out is the default of what it is handed to. */
export interface ServeOptions {
  readonly listen?: ListenOptions;
  readonly engine?: EngineOptions;
  readonly transport?: TcpTransportOptions;
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
  io: Pick<Io, 'stdout' | 'stderr' | 'stop'>,
): Promise<void> {
  const onError = (error: KvError): void => void io.stderr.write(`${inspect(error)}\n`, () => {});
  const engine = checkUsage(() => new Engine({ onError, ...options.engine }));
  const transport = checkUsage(() => new TcpTransport(engine, options.transport));
  try {
    const address = await listen(transport, options.listen);
    await write(io.stdout, `kv listens on ${address.url}\n`);
    if (!isLocal(address)) await write(io.stderr, exposed(address));
    if (!io.stop.aborted) await once(io.stop, 'abort');
  } finally {
    await transport.close();
    await engine.close();
  }
}

async function listen(
  transport: TcpTransport,
  options: ListenOptions | undefined,
): Promise<ListenAddress> {
  try {
    return await transport.listen(options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KvError('UNAVAILABLE', `cannot listen: ${reason}`, { cause });
  }
}

function exposed({ url }: ListenAddress): string {
  return `warning: ${url} is open to other machines, with neither encryption nor authentication\n`;
}
