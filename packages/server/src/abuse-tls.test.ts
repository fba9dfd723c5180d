import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { CertificateAuthority } from '@kv/test-certificates';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Abuse, AbusedServer, ended } from './testing/abused-server.js';

// A busy machine may take seconds to start a process.
vi.setConfig({ testTimeout: 60_000 });

const authority = await CertificateAuthority.create();
const trusted = { ca: authority.cert, servername: 'localhost' };

let directory: string;
let serveTls: string[];

beforeAll(async () => {
  const { cert, key } = await authority.issueServer();
  directory = await mkdtemp(join(tmpdir(), 'kv-'));
  const [certFile, keyFile] = [join(directory, 'server.crt'), join(directory, 'server.key')];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key);
  serveTls = ['--tls-cert', certFile, '--tls-key', keyFile];
});
afterAll(() => rm(directory, { recursive: true }));
afterEach(() => AbusedServer.killAll());

function serve(...flags: string[]): Promise<AbusedServer> {
  return AbusedServer.start([...serveTls, ...flags], { tls: trusted });
}

function handshake(socket: Socket, options: ConnectionOptions = {}): TLSSocket {
  const tls = connect({ ...trusted, ALPNProtocols: ['kv'], ...options, socket });
  return tls.on('error', () => {});
}

/** What a client says first. */
const hello = await new Promise<Buffer>((resolve) => {
  connect({ ...trusted, socket: new Duplex({ read() {}, write: (chunk) => resolve(chunk) }) });
});
const HALF_A_HELLO = hello.subarray(0, 100);
/** A request that is answered: HGETALL of the table t. */
const REQUEST = Buffer.from('0000000512030a0174', 'hex');

const abuses: Record<string, Abuse> = {
  'sends requests without TLS': async (socket) => {
    socket.write(Buffer.concat(Array.from({ length: 1000 }, () => REQUEST)));
    await ended(socket);
  },
  'speaks HTTP': async (socket) => {
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await ended(socket);
  },
  'sends a megabyte of nothing': async (socket) => {
    socket.write(Buffer.alloc(1024 * 1024));
    await ended(socket);
  },
  'breaks off within its hello and half-closes': async (socket) => {
    socket.end(HALF_A_HELLO);
    await ended(socket);
  },
  'breaks off within its hello and resets': async (socket) => {
    await once(socket, 'connect');
    socket.write(HALF_A_HELLO);
    socket.resetAndDestroy();
  },
  'goes as soon as it has been answered': async (socket) => {
    socket.write(hello);
    await once(socket, 'data');
    socket.resetAndDestroy();
  },
  'speaks only an old version': async (socket) => {
    const ciphers = 'ALL:@SECLEVEL=0';
    handshake(socket, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers });
    await ended(socket);
  },
  'speaks only other protocols': async (socket) => {
    handshake(socket, { ALPNProtocols: ['h2', 'http/1.1'] });
    await ended(socket);
  },
  'breaks off within a frame and resets': async (socket) => {
    const tls = handshake(socket);
    await once(tls, 'secureConnect');
    tls.write(REQUEST.subarray(0, 7), () => socket.resetAndDestroy());
    await ended(socket);
  },
  'sends what is no TLS after the handshake': async (socket) => {
    await once(handshake(socket), 'secureConnect');
    socket.write(REQUEST);
    await ended(socket);
  },
  'shakes hands again and again': async (socket) => {
    const tls = handshake(socket, { maxVersion: 'TLSv1.2' });
    await once(tls, 'secureConnect');
    const again = (): void => {
      if (!tls.destroyed) tls.renegotiate({}, again);
    };
    again();
    await ended(socket);
  },
};

/** Expects that a server gets back, soon, to so many descriptors at the most. */
async function expectDescriptors(server: AbusedServer, most: number): Promise<void> {
  await vi.waitFor(() => expect(server.process.descriptors()).toBeLessThanOrEqual(most), 10_000);
}

describe('beside a client that speaks TLS and is always answered, a peer', () => {
  test.each(Object.entries(abuses))('%s, and again, many at a time', async (_, abuse) => {
    const server = await serve();
    const before = server.process.descriptors();
    await server.undisturbed(() => server.suffer(abuse));
    await expectDescriptors(server, before);
  });

  test.each<[string, Abuse]>([
    ['says nothing', ended],
    [
      'stops within its hello',
      async (socket) => {
        socket.write(HALF_A_HELLO);
        await ended(socket);
      },
    ],
    [
      'does not finish the handshake',
      async (socket) => {
        socket.write(hello);
        await ended(socket);
      },
    ],
    [
      'drips its hello',
      async (socket) => {
        let at = 0;
        const dripping = setInterval(() => socket.write(hello.subarray(at, ++at)), 10);
        await ended(socket);
        clearInterval(dripping);
      },
    ],
  ])('%s, and again, many at a time, until it is told to leave', async (_, abuse) => {
    const server = await serve('--tls-handshake', '100');
    const before = server.process.descriptors();
    await server.undisturbed(() => server.suffer(abuse));
    await expectDescriptors(server, before);
  });

  test('asks for much and never reads', async () => {
    const server = await serve();
    const before = server.process.descriptors();
    await server.undisturbed(async (neighbour) => {
      await neighbour.hset('t', 'k', new Uint8Array(1024 * 1024));
      const sockets = Array.from({ length: 10 }, () => server.open());
      for (const socket of sockets) {
        const tls = handshake(socket);
        await once(tls, 'secureConnect');
        tls.pause();
        tls.write(Buffer.concat(Array.from({ length: 1000 }, () => REQUEST)));
      }
      for (let i = 0; i < 1000; i++) await neighbour.hget('neighbour', 'i');
      // Ten times a thousand times a megabyte was asked for.
      expect(server.process.residentBytes()).toBeLessThan(500 * 1024 * 1024);
      for (const socket of sockets) socket.destroy();
    });
    await expectDescriptors(server, before);
  });
});

test('all of them cost no memory in the end', async () => {
  // A large heap grows as it likes, and what is never freed would not be seen for long.
  const server = await AbusedServer.start(serveTls, { heapMb: 32, tls: trusted });
  const rounds = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      for (const abuse of Object.values(abuses)) await server.suffer(abuse);
    }
  };
  await rounds(1);
  const before = server.process.residentBytes();
  await rounds(6);
  // If only the connections were kept that were done with the handshake, it would be twice that.
  expect(server.process.residentBytes() - before).toBeLessThan(10 * 1024 * 1024);
});
