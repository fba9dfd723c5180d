import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { transportSuite } from '@kv/conformance';
import { afterAll, beforeAll } from 'vitest';
import { TcpTransport } from './tcp-transport.js';
import { TestPeer } from './testing/test-peer.js';

transportSuite({
  name: 'tcp',
  halfClose: true,
  reset: true,
  async start(engine, options) {
    const transport = new TcpTransport(engine, options);
    const address = await transport.listen({ port: 0 });
    return { connect: () => TestPeer.connect(address), close: () => transport.close() };
  },
});

let directory: string;
let sockets = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-'));
});
afterAll(() => rm(directory, { recursive: true }));

transportSuite({
  name: 'tcp over a unix socket',
  transport: 'tcp',
  halfClose: true,
  async start(engine, options) {
    const transport = new TcpTransport(engine, options);
    const address = await transport.listen({ path: join(directory, `${sockets++}.sock`) });
    return { connect: () => TestPeer.connect(address), close: () => transport.close() };
  },
});

transportSuite({
  name: 'tcp over a stream in memory',
  transport: 'tcp',
  halfClose: true,
  reset: true,
  async start(engine, options) {
    const transport = new TcpTransport(engine, options);
    let closed = false;
    return {
      async connect() {
        if (closed) throw new Error('The transport is closed');
        const [near, far] = duplexPair();
        // Unlike a socket's, the ends of such a pair do not learn of each other's destruction.
        near.on('close', () => far.destroy());
        far.on('close', () => near.destroy());
        transport.handle(far);
        return new TestPeer(near);
      },
      close() {
        closed = true;
        return transport.close();
      },
    };
  },
});
