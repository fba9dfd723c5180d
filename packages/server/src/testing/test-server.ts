import { Engine, MemoryStorage } from '@kv/core';
import { TcpTransport, type TcpTransportOptions } from '@kv/transport-tcp';

/** An engine of this process on a free port, for commands that need a server. */
export class TestServer implements AsyncDisposable {
  // A storage that lists entries in the order in which they came, which tests can tell.
  readonly engine: Engine = new Engine({ storage: new MemoryStorage(), onError: () => {} });
  readonly #transport: TcpTransport;
  url = '';

  private constructor(options: TcpTransportOptions) {
    this.#transport = new TcpTransport(this.engine, { drainMs: 0, ...options });
  }

  static async start(options: TcpTransportOptions = {}): Promise<TestServer> {
    const server = new TestServer(options);
    ({ url: server.url } = await server.#transport.listen({ port: 0 }));
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport.close();
    await this.engine.close();
  }
}
