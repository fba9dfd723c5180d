import { once } from 'node:events';
import { createConnection, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { TransportPeer } from '@kv/conformance';
import type { ListenAddress } from '@kv/core';
import {
  ByteWriter,
  beginFrame,
  type CommandRequest,
  type CommandResponse,
  endFrame,
  Fifo,
  type FrameFormat,
  FrameReader,
  frameFormat,
  straightLineCodec,
} from '@kv/protocol';

interface Waiter {
  resolve(response: CommandResponse): void;
  reject(error: Error): void;
}

/** A peer that does what a test says, down to the byte, and nothing else. */
export class TestPeer implements TransportPeer {
  readonly closed: Promise<void>;
  readonly #stream: Duplex;
  /** What is below TLS, which is where a connection is cut. */
  readonly #socket: Duplex;
  readonly #format: FrameFormat;
  readonly #reader: FrameReader;
  readonly #answers: Fifo<CommandResponse> = new Fifo();
  readonly #waiters: Fifo<Waiter> = new Fifo();
  #ended = false;

  constructor(stream: Duplex, format: FrameFormat = frameFormat(), socket: Duplex = stream) {
    this.#stream = stream;
    this.#socket = socket;
    this.#format = format;
    this.#reader = new FrameReader(format);
    stream.on('data', (chunk: Uint8Array) => this.#onData(chunk));
    stream.on('error', () => {});
    stream.on('end', () => stream.end());
    this.closed = new Promise((resolve) => {
      const end = (): void => {
        this.#ended = true;
        for (let waiter = this.#waiters.shift(); waiter; waiter = this.#waiters.shift()) {
          waiter.reject(new Error('The connection has ended'));
        }
        resolve();
      };
      stream.on('end', end);
      stream.on('close', end);
    });
  }

  /** Connects to where a transport listens. */
  static async connect(address: ListenAddress, format?: FrameFormat): Promise<TestPeer> {
    return new TestPeer(await connectSocket(address), format);
  }

  /** Connects to where one listens with TLS. */
  static async connectTls(address: ListenAddress, tls: ConnectionOptions): Promise<TestPeer> {
    const socket = await connectSocket(address);
    const stream = connectTls({ ALPNProtocols: ['kv'], ...tls, socket });
    // The server sends a session when it is done with the handshake, too. Cut before, it would see a
    // connection that ends like any other: Node.js keeps the reset to itself.
    const session = tls.session === undefined && once(stream, 'session');
    await Promise.all([once(stream, 'secureConnect'), session]);
    // A write from within that event would never leave.
    await new Promise((resolve) => setImmediate(resolve));
    return new TestPeer(stream, frameFormat(), socket);
  }

  /** The frames of requests, one after the other. */
  frames(...requests: CommandRequest[]): Uint8Array {
    const out = new ByteWriter();
    for (const request of requests) {
      const start = beginFrame(out, this.#format);
      straightLineCodec.encodeRequest(request, out);
      endFrame(out, this.#format, start);
    }
    return out.take();
  }

  /** Writes bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }

  send(...requests: CommandRequest[]): void {
    this.write(this.frames(...requests));
  }

  sendUndecodable(): void {
    const frame = new Uint8Array(this.#format.headerBytes + 1).fill(0xff);
    frame.fill(0, 0, this.#format.headerBytes);
    frame[this.#format.headerBytes - 1] = 1;
    this.write(frame);
  }

  receive(): Promise<CommandResponse> {
    const answer = this.#answers.shift();
    if (answer !== undefined) return Promise.resolve(answer);
    if (this.#ended) return Promise.reject(new Error('The connection has ended'));
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** The next `count` answers. */
  receiveMany(count: number): Promise<CommandResponse[]> {
    return Promise.all(Array.from({ length: count }, () => this.receive()));
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  end(): void {
    this.#stream.end();
  }

  cut(): void {
    // A unix socket knows no reset.
    const tcp = this.#socket instanceof Socket && this.#socket.remoteAddress !== undefined;
    if (tcp) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  #onData(chunk: Uint8Array): void {
    this.#reader.push(chunk);
    while (this.#reader.next()) {
      const { bytes, start, end } = this.#reader;
      const answer = straightLineCodec.decodeResponse(bytes, start, end);
      const waiter = this.#waiters.shift();
      if (waiter) waiter.resolve(answer);
      else this.#answers.push(answer);
    }
  }
}

async function connectSocket({ url, port }: ListenAddress): Promise<Socket> {
  const allowHalfOpen = true;
  const socket =
    port === undefined
      ? createConnection({ path: url.replace(/^unix:/, ''), allowHalfOpen })
      : createConnection({ host: new URL(url).hostname, port, allowHalfOpen });
  await once(socket, 'connect');
  return socket;
}
