import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { Engine, type ListenAddress, type Peer } from '@kv/core';
import { commandRequest } from '@kv/protocol';
import { CertificateAuthority } from '@kv/test-certificates';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TcpTransport } from './tcp-transport.js';
import { TestPeer } from './testing/test-peer.js';
import type { TlsServerOptions } from './tls-acceptor.js';

const authority = await CertificateAuthority.create();
const stranger = await CertificateAuthority.create('a stranger');
const certificate = await authority.issueServer();
const reporting = await authority.issue({
  commonName: 'reporting',
  dns: ['reporting.test'],
  ips: ['10.0.0.7'],
  uris: ['spiffe://test/reporting'],
});
const impostor = await stranger.issue({ commonName: 'reporting', dns: ['reporting.test'] });
const trusted = { ca: authority.cert, servername: 'localhost' };
const mutual = { ...certificate, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
const optional = { ...mutual, rejectUnauthorized: false };

let engine: Engine;
let transport: TcpTransport;
let address: ListenAddress;
const sockets: Socket[] = [];
beforeEach(() => {
  engine = new Engine();
  transport = new TcpTransport(engine);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await transport.close();
  await engine.close();
});

async function listen(tls: TlsServerOptions = certificate): Promise<void> {
  address = await transport.listen({ port: 0, tls });
}

/** A socket to where the transport listens. */
function open(): Socket {
  const socket = createConnection({ host: '127.0.0.1', port: address.port ?? 0 });
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

/** The same with TLS, whose handshake may still fail. */
function openTls(options: ConnectionOptions = {}): TLSSocket {
  const socket = connect({ ...trusted, ALPNProtocols: ['kv'], ...options, socket: open() });
  socket.on('error', () => {});
  return socket;
}

/** Resolves when the server has ended the connection. What it says meanwhile is read. */
function ended(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => socket.on('close', () => resolve()));
}

const REQUEST = commandRequest('hgetall', { table: 't' });
/** The same as it travels. */
const FRAME = Buffer.from('0000000512030a0174', 'hex');

/** What hooks are told of a peer that asks something. */
async function seen(tls: ConnectionOptions = {}): Promise<Peer> {
  const told = new Promise<Peer>((resolve) => {
    engine.hooks.once('requestReceived', ({ peer }) => resolve(peer));
  });
  const peer = await TestPeer.connectTls(address, { ...trusted, ...tls });
  peer.send(REQUEST);
  await peer.receive();
  peer.cut();
  return told;
}

/** Expects that somebody else is served, whatever has happened. */
async function expectServed(tls: ConnectionOptions = {}): Promise<void> {
  const peer = await TestPeer.connectTls(address, { ...trusted, ...tls });
  peer.send(REQUEST);
  expect((await peer.receive()).status).toBe(200);
  peer.cut();
}

/** Expects that all that came has failed in the handshake, and that no hook has heard of it. */
async function expectFailed(handshakes: number): Promise<void> {
  await vi.waitFor(() => expect(transport.stats().handshakesFailed).toBe(handshakes));
  expect(transport.stats()).toMatchObject({ connections: 0, accepted: 0 });
  expect(engine.stats().requests).toBe(0);
}

describe('listening with TLS', () => {
  it('says so in the url', async () => {
    await listen();
    expect(address.url).toBe(`kvs://127.0.0.1:${address.port}`);
    await expectServed();
  });

  it('may go on beside listening without', async () => {
    const plain = await transport.listen({ port: 0 });
    await listen();
    const peer = await TestPeer.connect(plain);
    peer.send(REQUEST);
    expect((await peer.receive()).status).toBe(200);
    peer.cut();
    await expectServed();
  });

  it('takes no old version of the protocol', async () => {
    await listen();
    const socket = openTls({
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    });
    await ended(socket);
    await expectFailed(1);
  });

  it.each<[string, TlsServerOptions]>([
    ['a certificate of another key', { cert: certificate.cert, key: reporting.key }],
    ['what is no certificate', { cert: 'certificate', key: certificate.key }],
    ['no certificate', {}],
  ])('with %s is refused at once', async (_, tls) => {
    await expect(listen(tls)).rejects.toThrow();
    await expect(transport.listen({ port: 0 })).resolves.toBeDefined();
  });
});

describe('the protocol named in the handshake', () => {
  it('is kv, and who names none is served', async () => {
    await listen();
    const socket = openTls();
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('kv');
    await expectServed({ ALPNProtocols: undefined });
  });

  it('leads to a refusal if it is only others', async () => {
    await listen();
    const socket = openTls({ ALPNProtocols: ['h2', 'http/1.1'] });
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' });
    await expectFailed(1);
    await expectServed();
  });
});

describe('what hooks are told of a peer', () => {
  const anonymous = { protocol: 'TLSv1.3', authorized: false, altNames: [] };

  it('is nothing of TLS where there is none', async () => {
    address = await transport.listen({ port: 0 });
    const told = new Promise<Peer>((resolve) => {
      engine.hooks.once('requestReceived', ({ peer }) => resolve(peer));
    });
    const peer = await TestPeer.connect(address);
    peer.send(REQUEST);
    expect(await told).not.toHaveProperty('tls');
    peer.cut();
  });

  it('is the version alone if the server does not ask who it is', async () => {
    await listen();
    expect(await seen(reporting)).toStrictEqual({
      transport: 'tcp',
      address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      tls: anonymous,
    });
    expect((await seen({ maxVersion: 'TLSv1.2' })).tls?.protocol).toBe('TLSv1.2');
  });

  it('is who it is, if somebody vouches for it', async () => {
    await listen(mutual);
    expect((await seen(reporting)).tls).toStrictEqual({
      protocol: 'TLSv1.3',
      authorized: true,
      commonName: 'reporting',
      altNames: ['DNS:reporting.test', 'IP Address:10.0.0.7', 'URI:spiffe://test/reporting'],
      fingerprint256: expect.stringMatching(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    });
  });

  it('is no name that nobody vouches for', async () => {
    await listen(optional);
    expect((await seen(impostor)).tls).toStrictEqual({
      ...anonymous,
      fingerprint256: expect.any(String),
    });
    expect((await seen()).tls).toStrictEqual(anonymous);
  });

  it.each([
    ['without a certificate', {}, false],
    ['with one that nobody vouches for', impostor, false],
    ['with one', reporting, true],
  ])('is the same of a peer %s that resumes a session', async (_, credentials, authorized) => {
    await listen(optional);
    const first = openTls(credentials);
    const [session] = (await once(first, 'session')) as [Buffer];
    const again = await seen({ ...credentials, session });
    expect(again.tls?.authorized).toBe(authorized);
    expect(again.tls?.commonName).toBe(authorized ? 'reporting' : undefined);
  });

  it('is one name where a comma would make it look like two', async () => {
    const names = ['spiffe://test/a, DNS:admin', 'spiffe://test/"b"\\c'];
    const odd = await authority.issue({ commonName: 'odd', uris: names });
    await listen(mutual);
    expect((await seen(odd)).tls?.altNames).toEqual(names.map((name) => `URI:${name}`));
  });

  it('is no common name if there are several', async () => {
    const two = await authority.issue({ commonName: 'reporting, CN=admin' });
    expect(new X509Certificate(two.cert).subject).toBe('CN=reporting\nCN=admin');
    await listen(mutual);
    const { tls } = await seen(two);
    expect(tls?.authorized).toBe(true);
    expect(tls).not.toHaveProperty('commonName');
  });

  it('is told over a unix socket, too', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kv-'));
    try {
      const path = join(directory, 'kv.sock');
      address = await transport.listen({ path, tls: mutual });
      expect(address).toEqual({ url: `unix:${path}` });
      const peer = await seen(reporting);
      expect(peer).toMatchObject({ address: `unix:${path}`, tls: { commonName: 'reporting' } });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('a peer that must say who it is', () => {
  it.each([
    ['and does not', {}],
    ['and is vouched for by a stranger', impostor],
  ])('%s is refused before any hook hears of it', async (_, credentials) => {
    await listen(mutual);
    const heard = vi.fn();
    engine.hooks.on('requestReceived', heard);
    const socket = openTls(credentials);
    socket.write(FRAME);
    await ended(socket);
    await vi.waitFor(() => expect(transport.stats().handshakesFailed).toBe(1));
    expect(heard).not.toHaveBeenCalled();
    expect(engine.stats().requests).toBe(0);
    await expectServed(reporting);
  });
});

describe('what does not speak TLS', () => {
  it.each([
    ['bytes of ours', FRAME],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['zeros', Buffer.alloc(100_000)],
  ])('but %s is ended at once', async (_, bytes) => {
    await listen();
    const socket = open();
    socket.write(bytes);
    await ended(socket);
    await expectFailed(1);
    await expectServed();
  });

  it('and says nothing is ended when its time is over, and so is who stops half-way', async () => {
    await listen({ ...certificate, handshakeTimeout: 20 });
    const [mute, half] = [open(), open()];
    half.write(clientHello.subarray(0, 50));
    await Promise.all([ended(mute), ended(half)]);
    await expectFailed(2);
    await expectServed();
  });

  it('and drips gets no more time for that', async () => {
    await listen({ ...certificate, handshakeTimeout: 50 });
    const socket = open();
    let at = 0;
    const drip = setInterval(() => socket.write(clientHello.subarray(at, ++at)), 1);
    // A hundred bytes of a hello that announces thousands.
    await ended(socket);
    clearInterval(drip);
    await expectFailed(1);
  });

  it('and goes in the middle of it leaves nothing behind', async () => {
    await listen();
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const socket = open();
      await once(socket, 'connect');
      socket.write(clientHello.subarray(0, 50));
      socket[leave]();
      await ended(socket);
    }
    await expectFailed(2);
    await expectServed();
  });

  it('takes the room of a connection meanwhile', async () => {
    transport = new TcpTransport(engine, { maxConnections: 2 });
    await listen();
    const waiting = [open(), open()];
    await Promise.all(waiting.map((socket) => once(socket, 'connect')));
    await ended(open());
    expect(transport.stats().refused).toBe(1);
    for (const socket of waiting) socket.destroy();
    await vi.waitFor(() => expectServed());
  });

  it('does not keep the transport from closing', async () => {
    await listen();
    const socket = open();
    socket.write(clientHello.subarray(0, 50));
    await once(socket, 'connect');
    const peer = await TestPeer.connectTls(address, trusted);
    await transport.close();
    await peer.closed;
    await ended(socket);
  });
});

describe('TLS where none is spoken', () => {
  it('is a frame beyond the limit, and neighbours are served', async () => {
    address = await transport.listen({ port: 0 });
    const socket = openTls();
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: expect.stringMatching(/WRONG_VERSION_NUMBER|EPROTO/) });
    await vi.waitFor(() => expect(transport.stats().framesTooLarge).toBe(1));
    const peer = await TestPeer.connect(address);
    peer.send(REQUEST);
    expect((await peer.receive()).status).toBe(200);
    peer.cut();
  });

  it('just as HTTP is', async () => {
    address = await transport.listen({ port: 0 });
    const peer = await TestPeer.connect(address);
    peer.write(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    expect((await peer.receive()).status).toBe(413);
    await peer.closed;
  });
});

describe('a peer that renegotiates', () => {
  it('loses its connection, and its neighbour does not', async () => {
    await listen({ ...certificate, maxVersion: 'TLSv1.2' });
    const neighbour = await TestPeer.connectTls(address, trusted);
    const socket = openTls();
    await once(socket, 'secureConnect');
    socket.renegotiate({}, () => {});
    await ended(socket);
    await vi.waitFor(() => expect(transport.stats().connections).toBe(1));
    neighbour.send(REQUEST);
    expect((await neighbour.receive()).status).toBe(200);
    neighbour.cut();
  });
});

describe('reloading', () => {
  const commonName = async (socket: TLSSocket): Promise<unknown> => {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().subject.CN;
  };

  it('gives new connections the new certificate, and leaves those that there are', async () => {
    await listen();
    const before = await TestPeer.connectTls(address, trusted);
    expect(await commonName(openTls())).toBe('localhost');
    transport.reloadTls(await authority.issueServer('renewed'));
    expect(await commonName(openTls())).toBe('renewed');
    before.send(REQUEST);
    expect((await before.receive()).status).toBe(200);
    before.cut();
  });

  it('changes whom it trusts, for those as well who have been here', async () => {
    await listen(mutual);
    const first = openTls(reporting);
    const [session] = (await once(first, 'session')) as [Buffer];
    transport.reloadTls({ ca: stranger.cert });
    await ended(openTls({ ...reporting, session }));
    await vi.waitFor(() => expect(transport.stats().handshakesFailed).toBe(1));
    expect((await seen(impostor)).tls).toMatchObject({ authorized: true });
  });

  it('leaves what is undefined as it was: whom it trusts, above all', async () => {
    await listen(mutual);
    const renewed = await authority.issueServer('renewed');
    transport.reloadTls({ ...renewed, ca: undefined });
    expect(await commonName(openTls(reporting))).toBe('renewed');
    await expectServed(reporting);
  });

  it.each([
    ['a certificate of another key', { cert: reporting.cert }],
    ['what is no certificate', { cert: 'certificate' }],
  ])('%s fails, and everything is as it was, wherever it listens', async (_, bad) => {
    await listen(mutual);
    await listen(mutual);
    expect(() => transport.reloadTls(bad)).toThrow();
    expect(await commonName(openTls(reporting))).toBe('localhost');
    await expectServed(reporting);
  });

  it('changes all places where it listens, or none', async () => {
    const other = await authority.issueServer();
    await listen({ ...mutual, ...other });
    const first = address;
    await listen(mutual);
    // A certificate that fits the key of one place, but not that of the other.
    for (const { cert } of [certificate, other]) {
      expect(() => transport.reloadTls({ cert, ca: stranger.cert })).toThrow();
      for (address of [first, address]) await expectServed(reporting);
    }
  });

  it('is an error where there is no TLS', async () => {
    await transport.listen({ port: 0 });
    expect(() => transport.reloadTls(certificate)).toThrow('does not listen with TLS');
  });
});

/** The beginning of a handshake: a hello that announces 4,096 bytes. */
const clientHello: Buffer = Buffer.concat([
  Buffer.from('1603011000' + '01000ffc0303', 'hex'),
  Buffer.alloc(4000),
]);
