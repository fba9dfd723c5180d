import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Engine, ListenAddress, ListenOptions, Transport } from '@kv/core';
import { Connection } from './connection.js';
import { listenOn } from './listen-on.js';
import { type Settings, settingsOf, type TcpTransportOptions } from './options.js';

/** Figures of a {@link TcpTransport} since it was made. */
export interface TcpTransportStats {
  /** Connections now open. */
  readonly connections: number;
  /** Connections accepted. */
  readonly accepted: number;
}

/**
 * Serves an engine as length-prefixed protobuf, on TCP, unix sockets, and any duplex stream.
 *
 * ```js
 * const transport = new TcpTransport(engine);
 * const { url } = await transport.listen({ port: 9527 });
 * ```
 */
export class TcpTransport implements Transport {
  readonly name = 'tcp';

  readonly #engine: Engine;
  readonly #settings: Settings;
  readonly #servers: Set<Server> = new Set();
  readonly #connections: Set<Connection> = new Set();
  #accepted = 0;
  #closing: Promise<void> | undefined;
  /** Resolves `close` when the last connection is gone. */
  #onEmpty: () => void = () => {};

  /** @throws {RangeError} for an option that is not what it must be. */
  constructor(engine: Engine, options: TcpTransportOptions = {}) {
    this.#engine = engine;
    this.#settings = settingsOf(options);
  }

  /** Listens on 127.0.0.1:9527 unless told otherwise; on port 0, on any that is free. */
  async listen(options: ListenOptions = {}): Promise<ListenAddress> {
    if (this.#closing !== undefined) throw new Error('The transport is closed');
    // A peer that has sent its last request still wants the answers.
    const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true });
    server.on('connection', (socket) => this.handle(socket, addressOf(socket, options)));
    const address = await listenOn(server, options);
    this.#servers.add(server);
    return address;
  }

  handle(stream: Duplex, address = 'stream'): void {
    if (this.#closing !== undefined) {
      stream.destroy();
      return;
    }
    this.#accepted++;
    const session = this.#engine.openSession({ transport: this.name, address });
    const connection = new Connection(stream, session, this.#settings, () => {
      this.#connections.delete(connection);
      if (this.#connections.size === 0) this.#onEmpty();
    });
    this.#connections.add(connection);
  }

  stats(): TcpTransportStats {
    return { connections: this.#connections.size, accepted: this.#accepted };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const stopped = [...this.#servers].map((server) => stop(server));
    if (this.#connections.size > 0) await this.#drain();
    await Promise.all(stopped);
  }

  async #drain(): Promise<void> {
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const connection of this.#connections) connection.drain();
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.cut();
    }, this.#settings.drainMs);
    await empty;
    clearTimeout(timer);
  }
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function addressOf(socket: Socket, { path }: ListenOptions): string {
  if (path !== undefined) return `unix:${path}`;
  const { remoteAddress = '', remotePort = 0 } = socket;
  return socket.remoteFamily === 'IPv6'
    ? `[${remoteAddress}]:${remotePort}`
    : `${remoteAddress}:${remotePort}`;
}
