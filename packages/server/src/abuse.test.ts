import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Abuse, AbusedServer, ended } from './testing/abused-server.js';

// A busy machine may take seconds to start a process.
vi.setConfig({ testTimeout: 60_000 });

let server: AbusedServer;

async function serve(descriptors: number, ...flags: string[]): Promise<void> {
  server = await AbusedServer.start(flags, { descriptors });
}

afterEach(() => AbusedServer.killAll());

const hex = (bytes: string): Buffer => Buffer.from(bytes.replaceAll(' ', ''), 'hex');
/** A request that is answered: HGETALL of the table t. */
const REQUEST = hex('00000005 12 03 0a 01 74');

const abuses: Record<string, Abuse> = {
  'announces a frame of 4 GiB and sends on and on': async (socket) => {
    socket.write(hex('ffffffff'));
    const closed = ended(socket);
    while (!socket.destroyed && socket.writable) {
      if (!socket.write(Buffer.alloc(64 * 1024))) {
        await Promise.race([once(socket, 'drain').catch(() => {}), closed]);
      }
    }
    await closed;
  },
  'breaks off within a frame and half-closes': async (socket) => {
    socket.end(REQUEST.subarray(0, 7));
    await ended(socket);
  },
  'breaks off within a frame and resets': async (socket) => {
    socket.write(REQUEST.subarray(0, 7));
    socket.resetAndDestroy();
  },
  'sends frames of nothing': async (socket) => {
    socket.end(Buffer.alloc(4 * 5000));
    await ended(socket);
  },
  'sends frames that are no requests': async (socket) => {
    socket.end(Buffer.concat(Array.from({ length: 5000 }, () => hex('00000001 ff'))));
    await ended(socket);
  },
  'sends 5,000 requests at once': async (socket) => {
    socket.end(Buffer.concat(Array.from({ length: 5000 }, () => REQUEST)));
    await ended(socket);
  },
  'speaks HTTP': async (socket) => {
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await ended(socket);
  },
  'says hello in TLS': async (socket) => {
    connectTls({ socket }).on('error', () => {});
    await ended(socket);
  },
};

describe('beside a client that is always answered, a peer', () => {
  beforeEach(() => serve(1024));

  test.each(Object.entries(abuses))('%s, and again, many at a time', async (_, abuse) => {
    await server.undisturbed(() => server.suffer(abuse));
  });

  test('asks for much and never reads', async () => {
    await server.undisturbed(async (neighbour) => {
      await neighbour.hset('t', 'k', new Uint8Array(1024 * 1024));
      const idle = Array.from({ length: 10 }, () => {
        const socket = server.open();
        socket.pause();
        socket.write(Buffer.concat(Array.from({ length: 1000 }, () => REQUEST)));
        return socket;
      });
      for (let i = 0; i < 1000; i++) await neighbour.hget('neighbour', 'i');
      // Ten times a thousand times a megabyte was asked for.
      expect(server.process.residentBytes()).toBeLessThan(500 * 1024 * 1024);
      for (const socket of idle) socket.destroy();
    });
  });
});

test('a peer that drips a byte now and then is told to leave, and its neighbour notices nothing', async () => {
  await serve(1024, '--frame-timeout', '200');
  await server.undisturbed(async () => {
    const socket = server.open();
    const closed = ended(socket);
    // The header of a long frame, and then what it announces.
    socket.write(hex('0000ffff'));
    const dripping = setInterval(() => socket.write(Uint8Array.of(0)), 50);
    await closed;
    clearInterval(dripping);
  });
});

test('a thousand idle connections cost their descriptors, and give them back', async () => {
  await serve(2048);
  const before = server.process.descriptors();
  await server.undisturbed(async () => {
    const idle = Array.from({ length: 1000 }, () => server.open());
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    await vi.waitFor(
      () => expect(server.process.descriptors()).toBeGreaterThanOrEqual(before + 1000),
      10_000,
    );
    for (const socket of idle) socket.destroy();
  });
  await vi.waitFor(() => expect(server.process.descriptors()).toBeLessThanOrEqual(before), 10_000);
});

test('a server without descriptors left turns peers away, serves the others, and recovers', async () => {
  await serve(256);
  await server.undisturbed(async () => {
    const before = server.process.descriptors();
    const crowd = Array.from({ length: 500 }, () => server.open());
    await Promise.all(crowd.map((socket) => once(socket, 'connect').catch(() => {})));
    await vi.waitFor(() => expect(crowd.some(({ destroyed }) => destroyed)).toBe(true), 10_000);
    for (const socket of crowd) socket.destroy();
    // From now on the runtime may keep one in reserve, to turn peers away with.
    await vi.waitFor(
      () => expect(server.process.descriptors()).toBeLessThanOrEqual(before + 1),
      10_000,
    );
  });
  const kv = await server.connect();
  expect(await kv.hexist('neighbour', 'i')).toBe(true);
  await kv.close();
});

test('no more connections than allowed are kept', async () => {
  await serve(1024, '--max-connections', '3');
  await server.undisturbed(async () => {
    const sockets = [server.open(), server.open(), server.open(), server.open()];
    const turnedAway = sockets.map((socket) => ended(socket));
    await Promise.all([...sockets].map((socket) => once(socket, 'connect')));
    await Promise.race(turnedAway);
    await vi.waitFor(() => {
      expect(sockets.filter(({ destroyed }) => destroyed)).toHaveLength(2);
    });
  });
});
