import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Engine, ListenAddress, ListenOptions, Transport } from '@kv/core';
import { Connection } from './connection.js';
import { type Counters, newCounters } from './counters.js';
import { FlushQueue } from './flush-queue.js';
import { FrameRuns } from './frame-run.js';
import { listenOn } from './listen-on.js';
import { type Settings, settingsOf, type TcpTransportOptions } from './options.js';
import { readIntoBuffer } from './read-into-buffer.js';
import { Sweeper } from './sweeper.js';
import { TlsAcceptor, type TlsReloadOptions, type TlsServerOptions } from './tls-acceptor.js';
import { tlsPeerOf } from './tls-peer.js';
import { WriterPool } from './writer-pool.js';

/** Where a {@link TcpTransport} listens, and whether with TLS. */
export type TcpListenOptions = ListenOptions & {
  /** Node.js' own options: `key` and `cert`, and what else there is. Plain TCP if absent. */
  readonly tls?: TlsServerOptions | undefined;
};

/** Figures of a {@link TcpTransport} since it was made. */
export interface TcpTransportStats extends Readonly<Counters> {
  /** Connections now open. */
  readonly connections: number;
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
  readonly #tlsAcceptors: Set<TlsAcceptor> = new Set();
  readonly #connections: Set<Connection> = new Set();
  readonly #counters: Counters = newCounters();
  readonly #sweeper: Sweeper;
  readonly #writers: WriterPool = new WriterPool();
  readonly #queue: FlushQueue = new FlushQueue();
  readonly #runs: FrameRuns = new FrameRuns();
  #closing: Promise<void> | undefined;
  /** Resolves `close` when the last connection is gone. */
  #onEmpty: () => void = () => {};

  /** @throws {RangeError} for an option that is not what it must be; {TypeError} for one that there is not. */
  constructor(engine: Engine, options: TcpTransportOptions = {}) {
    this.#engine = engine;
    this.#settings = settingsOf(options);
    const { frameTimeoutMs, idleTimeoutMs } = this.#settings;
    this.#sweeper = new Sweeper([frameTimeoutMs, idleTimeoutMs], this.#connections);
  }

  /**
   * Listens on 127.0.0.1:9527 unless told otherwise; on port 0, on any that is free.
   *
   * @throws also what is wrong with a certificate or a key.
   */
  async listen(options: TcpListenOptions = {}): Promise<ListenAddress> {
    if (this.#closing !== undefined) throw new Error('The transport is closed');
    const acceptor = options.tls === undefined ? undefined : this.#tlsAcceptor(options);
    const server = createServer({
      // A peer that has sent its last request still wants the answers; not so one that hangs up during
      // TLS' handshake.
      allowHalfOpen: acceptor === undefined,
      noDelay: true,
      keepAlive: true,
      // Nothing is read before it is decided how.
      pauseOnConnect: true,
    });
    server.on('connection', (socket) => {
      if (acceptor === undefined) this.#accept(socket, addressOf(socket, options));
      else if (this.#hasRoomFor(socket)) acceptor.accept(socket);
    });
    const address = await listenOn(server, options, acceptor === undefined ? 'kv' : 'kvs');
    if (acceptor !== undefined) this.#tlsAcceptors.add(acceptor);
    // What goes wrong with a connection before it is accepted concerns no one else.
    server.on('error', (error) => process.emitWarning(error));
    this.#servers.add(server);
    if (this.#closing !== undefined) {
      await stop(server);
      throw new Error('The transport is closed');
    }
    return address;
  }

  /**
   * Replaces certificates, keys, and whom to trust, wherever it listens with TLS; what is not named
   * stays. New connections meet the new ones, and those that there are go on.
   *
   * @throws what is wrong with a certificate or a key; everything is as it was then.
   * @throws {Error} if it listens nowhere with TLS.
   */
  reloadTls(options: TlsReloadOptions): void {
    if (this.#tlsAcceptors.size === 0) throw new Error('The transport does not listen with TLS');
    const reloads = Array.from(this.#tlsAcceptors, (acceptor) => acceptor.prepareReload(options));
    for (const reload of reloads) reload();
  }

  /** Of a stream with TLS, the handshake must be done. */
  handle(stream: Duplex, address = 'stream'): void {
    if (stream.destroyed) return;
    const connection = this.#connect(stream, address);
    stream.on('data', (chunk: Uint8Array) => connection?.receive(chunk));
    stream.resume();
  }

  #accept(socket: Socket, address: string): void {
    // Set before anything is read.
    let connection: Connection | undefined;
    const stream = readIntoBuffer(socket, (chunk) => connection?.receive(chunk));
    if (stream === undefined) this.handle(socket, address);
    else connection = this.#connect(stream, address);
  }

  #tlsAcceptor(options: TcpListenOptions): TlsAcceptor {
    return new TlsAcceptor(options.tls ?? {}, {
      secured: (socket) => this.handle(socket, addressOf(socket, options)),
      failed: () => this.#counters.handshakesFailed++,
    });
  }

  /** Whether there is room for one more connection; cuts it if not. */
  #hasRoomFor(stream: Duplex): boolean {
    let taken = this.#connections.size;
    for (const { pending } of this.#tlsAcceptors) taken += pending;
    if (this.#closing === undefined && taken < this.#settings.maxConnections) return true;
    if (this.#closing === undefined) this.#counters.refused++;
    stream.destroy();
    return false;
  }

  #connect(stream: Duplex, address: string): Connection | undefined {
    if (!this.#hasRoomFor(stream)) return undefined;
    this.#counters.accepted++;
    this.#sweeper.start();
    const tls = tlsPeerOf(stream);
    const peer = { transport: this.name, address, ...(tls === undefined ? {} : { tls }) };
    const { maxFrameBytes } = this.#settings.format;
    const session = this.#engine.openSession(peer, { maxResponseBytes: maxFrameBytes });
    const context = {
      settings: this.#settings,
      counters: this.#counters,
      sweeper: this.#sweeper,
      writers: this.#writers,
      queue: this.#queue,
      runs: this.#runs,
    };
    const connection = new Connection(stream, session, context, () => {
      this.#connections.delete(connection);
      if (this.#connections.size === 0) this.#onEmpty();
    });
    this.#connections.add(connection);
    return connection;
  }

  /** Figures of what it has done, and of what it is doing at this moment. */
  stats(): TcpTransportStats {
    return { connections: this.#connections.size, ...this.#counters };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Closes it, at the end of the block that holds it by `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const stopped = [...this.#servers].map((server) => stop(server));
    if (this.#connections.size > 0) await this.#drain();
    // What is left has not finished its handshake.
    for (const acceptor of this.#tlsAcceptors) acceptor.cut();
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
