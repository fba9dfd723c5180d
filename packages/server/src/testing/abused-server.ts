import { createConnection, type Socket } from 'node:net';
import { type Client, connect, type TlsClientOptions } from '@kv/client';
import { expect } from 'vitest';
import { KvProcess } from './kv-process.js';

/** Longer than the well-behaved neighbour may ever wait, in milliseconds. */
const PATIENCE_MS = 1000;

/** How often an abuse is repeated, and how many are at it at any time. */
const TIMES = 200;
const AT_A_TIME = 20;

/** What a peer may do that it should not. It resolves when the server has ended the connection. */
export type Abuse = (socket: Socket) => Promise<void>;

/** `kv serve` in a process of its own, and peers that mean it no good. */
export class AbusedServer {
  readonly process: KvProcess;
  readonly url: string;
  readonly #tls: TlsClientOptions | undefined;

  private constructor(process: KvProcess, url: string, tls: TlsClientOptions | undefined) {
    this.process = process;
    this.url = url;
    this.#tls = tls;
  }

  /** Those of peers that are still there. */
  static readonly #sockets: Set<Socket> = new Set();

  /**
   * @param flags those of `kv serve`, besides the port.
   * @param options how many descriptors it has at the most, and MiB of heap; and what its clients trust,
   * if it serves TLS.
   */
  static async start(
    flags: readonly string[] = [],
    {
      descriptors = 1024,
      heapMb,
      tls,
    }: { descriptors?: number; heapMb?: number; tls?: TlsClientOptions } = {},
  ): Promise<AbusedServer> {
    const limits = { descriptors, heapMb };
    const process = KvProcess.startLimited(limits, 'serve', '--port', '0', ...flags);
    return new AbusedServer(process, await process.url(), tls);
  }

  /** Ends what tests have left running. */
  static async killAll(): Promise<void> {
    for (const socket of AbusedServer.#sockets) socket.destroy();
    await KvProcess.killAll();
  }

  /** A client as it should be, but for its patience. */
  connect(): Promise<Client> {
    return connect(this.url, { timeoutMs: PATIENCE_MS, ...(this.#tls && { tls: this.#tls }) });
  }

  /** A socket of a peer that may do anything. */
  open(): Socket {
    const { hostname, port } = new URL(this.url);
    const socket = createConnection({ host: hostname, port: Number(port) });
    socket.on('error', () => {}).on('close', () => AbusedServer.#sockets.delete(socket));
    AbusedServer.#sockets.add(socket);
    return socket;
  }

  /** Has many peers do the same, several at a time. */
  async suffer(abuse: Abuse): Promise<void> {
    for (let i = 0; i < TIMES; i += AT_A_TIME) {
      await Promise.all(Array.from({ length: AT_A_TIME }, () => abuse(this.open())));
    }
  }

  /** A client that asks again and again while `abuse` goes on, and waits long for nothing. */
  async undisturbed(abuse: (neighbour: Client) => Promise<void>): Promise<void> {
    const neighbour = await this.connect();
    let over = false;
    const asking = (async () => {
      for (let i = 0; !over; i++) {
        expect(await neighbour.hset('neighbour', 'i', BigInt(i))).toBe(
          i === 0 ? null : BigInt(i - 1),
        );
      }
    })();
    // Whichever fails first is what is told.
    await Promise.race([abuse(neighbour), asking]);
    over = true;
    await asking;
    await neighbour.close();
  }
}

/** Resolves when the server has ended the connection. What it says meanwhile is read. */
export function ended(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => socket.on('close', () => resolve()));
}
