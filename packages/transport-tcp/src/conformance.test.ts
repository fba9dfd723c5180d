import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { transportSuite } from '@kv/conformance';
import { CertificateAuthority } from '@kv/test-certificates';
import { afterAll, beforeAll } from 'vitest';
import { TcpTransport } from './tcp-transport.js';
import { TestPeer } from './testing/test-peer.js';

for (const lane of [true, false]) {
  transportSuite({
    name: lane ? 'tcp' : 'tcp, to a storage without a lane',
    transport: 'tcp',
    halfClose: true,
    reset: true,
    lane,
    async start(engine, options) {
      const transport = new TcpTransport(engine, options);
      const address = await transport.listen({ port: 0 });
      return { connect: () => TestPeer.connect(address), close: () => transport.close() };
    },
  });
}

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

const authority = await CertificateAuthority.create();
const server = await authority.issueServer();
const client = await authority.issue({ commonName: 'peer' });
const trusted = { ca: authority.cert, servername: 'localhost' };
const mutual = { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true };

transportSuite({
  name: 'tcp with TLS',
  transport: 'tcp',
  halfClose: true,
  reset: true,
  async start(engine, options) {
    const transport = new TcpTransport(engine, options);
    const address = await transport.listen({ port: 0, tls: server });
    return {
      connect: () => TestPeer.connectTls(address, trusted),
      close: () => transport.close(),
    };
  },
});

transportSuite({
  name: 'tcp with mutual TLS 1.2',
  transport: 'tcp',
  halfClose: true,
  reset: true,
  async start(engine, options) {
    const transport = new TcpTransport(engine, options);
    const address = await transport.listen({ port: 0, tls: { ...mutual, maxVersion: 'TLSv1.2' } });
    return {
      connect: () => TestPeer.connectTls(address, { ...trusted, ...client }),
      close: () => transport.close(),
    };
  },
});

transportSuite({
  name: 'tcp with mutual TLS over a unix socket',
  transport: 'tcp',
  halfClose: true,
  async start(engine, options) {
    const transport = new TcpTransport(engine, options);
    const path = join(directory, `${sockets++}.sock`);
    const address = await transport.listen({ path, tls: mutual });
    return {
      connect: () => TestPeer.connectTls(address, { ...trusted, ...client }),
      close: () => transport.close(),
    };
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
