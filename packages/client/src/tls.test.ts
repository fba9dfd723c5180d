import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { Engine, type ListenAddress, type Peer } from '@kv/core';
import { CertificateAuthority } from '@kv/test-certificates';
import { type TcpListenOptions, TcpTransport } from '@kv/transport-tcp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, connect } from './client.js';
import type { ClientOptions } from './options.js';

const authority = await CertificateAuthority.create();
const stranger = await CertificateAuthority.create('a stranger');
const certificate = await authority.issueServer();
const reporting = await authority.issue({ commonName: 'reporting' });
const ca = authority.cert;

let engine: Engine;
let transport: TcpTransport;
const clients: Client[] = [];
const servers: Server[] = [];
beforeEach(() => {
  engine = new Engine();
  transport = new TcpTransport(engine);
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of servers.splice(0)) server.close();
  await transport.close();
  await engine.close();
});

async function connected(url: string, options: ClientOptions): Promise<Client> {
  const client = await connect(url, options);
  clients.push(client);
  return client;
}

function listen(options: TcpListenOptions = { port: 0 }): Promise<ListenAddress> {
  return transport.listen({ tls: certificate, ...options });
}

/** Where a server of another kind listens. */
async function port(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What hooks are told of the peer that asks next. */
function nextPeer(): Promise<Peer> {
  return new Promise((resolve) => {
    engine.hooks.once('requestReceived', ({ peer }) => resolve(peer));
  });
}

describe('a client of a server with TLS', () => {
  it('asks as ever, by address and by name', async () => {
    const { url, port: bound } = await listen();
    expect(url).toBe(`kvs://127.0.0.1:${bound}`);
    const kv = await connected(url, { tls: { ca } });
    expect(await kv.hset('t', 'k', 'v')).toBeNull();
    const again = await connected(`kvs://localhost:${bound}`, { tls: { ca } });
    expect(await again.hget('t', 'k')).toBe('v');
  });

  it('says who it is, if it has a certificate', async () => {
    const tls = { ...certificate, ca, requestCert: true, rejectUnauthorized: true };
    const { url } = await listen({ port: 0, tls });
    const peer = nextPeer();
    const kv = await connected(url, { tls: { ca, ...reporting } });
    await kv.hget('t', 'k');
    expect((await peer).tls).toMatchObject({ authorized: true, commonName: 'reporting' });
  });

  it('reconnects with TLS as well', async () => {
    const { url } = await listen();
    const kv = await connected(url, { tls: { ca }, minReconnectDelayMs: 1, timeoutMs: 5000 });
    await kv.hget('t', 'k');
    const reconnected = new Promise<void>((resolve) => kv.events.once('reconnect', resolve));
    const first = transport;
    transport = new TcpTransport(engine);
    await first.close();
    await listen({ port: Number(new URL(url).port) });
    await reconnected;
    const peer = nextPeer();
    expect(await kv.hget('t', 'k')).toBeNull();
    expect((await peer).tls?.protocol).toMatch(/^TLS/);
  });

  it('tells the server the name by which it may choose its certificate', async () => {
    const named = new Promise((resolve) => {
      const server = createTlsServer({
        ...certificate,
        SNICallback: (name, done) => {
          resolve(name);
          done(null);
        },
      });
      const tls = { ca, servername: undefined };
      void port(server).then((bound) => connected(`kvs://localhost:${bound}`, { tls }));
    });
    expect(await named).toBe('localhost');
  });

  it('speaks TLS over a unix socket, if it is told how', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kv-'));
    try {
      const { url } = await listen({ path: join(directory, 'kv.sock') });
      expect(url).toMatch(/^unix:/);
      const kv = await connected(url, { tls: { ca } });
      expect(await kv.hset('t', 'k', 'v')).toBeNull();
      await expect(connect(url, { tls: { ca, servername: 'other.test' } })).rejects.toThrow(
        "does not match certificate's altnames",
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('a client cannot reach', () => {
  /** Expects that there is no connection, for this reason, and that it is told as it is to be. */
  async function expectUnreachable(url: string, options: ClientOptions, reason: string) {
    const failed = connect(url, options);
    await expect(failed).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(failed).rejects.toThrow(`Cannot reach ${url}: ${reason}`);
  }

  it('a server that nobody vouches for', async () => {
    const { url } = await listen();
    await expectUnreachable(url, {}, 'unable to verify the first certificate');
    const tls = { ca: stranger.cert };
    await expectUnreachable(url, { tls }, 'unable to verify the first certificate');
  });

  it('one whose certificate is for another name', async () => {
    const tls = await authority.issue({ commonName: 'kv.test', dns: ['kv.test'] });
    const { url } = await listen({ port: 0, tls });
    await expectUnreachable(url, { tls: { ca } }, "Hostname/IP does not match certificate's");
    await connected(url, { tls: { ca, servername: 'kv.test' } });
  });

  it('one that does not speak TLS', async () => {
    const { url } = await transport.listen({ port: 0 });
    await expectUnreachable(
      url.replace('kv:', 'kvs:'),
      { tls: { ca } },
      'wrong version number: it seems to speak no TLS',
    );
  });

  it('one that speaks TLS, and something else within it', async () => {
    const server = createTlsServer({ ...certificate, ALPNProtocols: ['http/1.1'] });
    server.on('tlsClientError', () => {});
    const url = `kvs://127.0.0.1:${await port(server)}`;
    await expectUnreachable(url, { tls: { ca } }, 'tlsv1 alert no application protocol');
  });

  it('one that begins a handshake and does not go on', async () => {
    const url = `kvs://127.0.0.1:${await port(createServer((socket) => socket.on('error', () => {})))}`;
    await expectUnreachable(url, { connectTimeoutMs: 20 }, 'no connection within 20 ms');
  });

  it('one that hangs up in the middle of it', async () => {
    const url = `kvs://127.0.0.1:${await port(createServer((socket) => socket.destroy()))}`;
    await expectUnreachable(url, {}, '');
  });
});
