import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The way to a server, which can be cut. */
export class CutLine implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();

  private constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#server = createServer((near) => {
      const far = connect({ host: hostname, port: Number(port) });
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(socket);
        socket.pipe(other);
        socket
          .on('error', () => {})
          .on('close', () => {
            this.#sockets.delete(socket);
            other.destroy();
          });
      }
    });
  }

  static async to(url: string): Promise<CutLine> {
    const line = new CutLine(url);
    await once(line.#server.listen(0, '127.0.0.1'), 'listening');
    return line;
  }

  get url(): string {
    return `kv://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends the connections that there are; new ones can be made. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    this.cut();
    await closed;
  }
}
