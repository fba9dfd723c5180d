import type { Socket } from 'node:net';
import {
  ByteWriter,
  beginFrame,
  type CommandRequest,
  commandRequest,
  endFrame,
  frameFormat,
  straightLineCodec,
} from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AbusedServer } from './testing/abused-server.js';

// A busy machine may take seconds to start a process.
vi.setConfig({ testTimeout: 120_000 });

const MIB = 1024 * 1024;

let server: AbusedServer;
beforeEach(async () => {
  server = await AbusedServer.start([], { descriptors: 1024 });
});
afterEach(() => AbusedServer.killAll());

function frames(...requests: readonly CommandRequest[]): Uint8Array {
  const out = new ByteWriter();
  for (const request of requests) {
    const start = beginFrame(out, frameFormat());
    straightLineCodec.encodeRequest(request, out);
    endFrame(out, frameFormat(), start);
  }
  return out.take();
}

const subscribe = (topic: string, pattern = ''): CommandRequest =>
  commandRequest('subscribe', { topic, pattern, maxMessages: 0, maxBytes: 0, overflow: '' });

/** Writes so many times the same, as fast as it is taken, and waits until as many answers have been read. */
async function ask(socket: Socket, request: CommandRequest, count: number): Promise<string> {
  const frame = frames(request);
  const some = 1000;
  const lot = Buffer.concat(Array.from({ length: some }, () => frame));
  let answers = 0;
  let unread = Buffer.alloc(0);
  let last = '';
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    let at = 0;
    for (; at + 4 <= unread.length; answers++) {
      const end = at + 4 + unread.readUInt32BE(at);
      if (end > unread.length) break;
      last = unread.toString('latin1', at + 4, end);
      at = end;
    }
    unread = unread.subarray(at);
  });
  for (let asked = 0; asked < count; asked += some) {
    if (!socket.write(lot)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  await vi.waitFor(() => expect(answers).toBe(count), 60_000);
  return last;
}

describe('beside a client that is always answered, a peer', () => {
  test('asks for a million subscriptions', async () => {
    await server.undisturbed(async (neighbour) => {
      const last = await ask(server.open(), subscribe('news'), 1_000_000);
      expect(last).toContain('no more than 100000 subscriptions');
      expect(server.process.residentBytes()).toBeLessThan(400 * MIB);
      const own = await neighbour.subscribe('own');
      expect(await neighbour.publish('own', 'still')).toBe(1);
      await own.unsubscribe();
    });
  });

  test('subscribes to patterns that are built to explode', async () => {
    await server.undisturbed(async (neighbour) => {
      await ask(server.open(), subscribe('', `${'a*'.repeat(127)}b`), 1000);
      const socket = server.open();
      const different = Array.from({ length: 1000 }, (_, i) =>
        subscribe('', `${'a*'.repeat(120)}${i}*b`),
      );
      socket.resume().write(frames(...different));
      for (let i = 0; i < 200; i++) expect(await neighbour.publish('a'.repeat(255), 'x')).toBe(0);
    });
  });

  test('subscribes again and again, and never reads what is published', async () => {
    await server.undisturbed(async (neighbour) => {
      const own = await neighbour.subscribe('news');
      const idle = Array.from({ length: 20 }, () => {
        const socket = server.open();
        socket.pause();
        socket.write(frames(...Array.from({ length: 100 }, () => subscribe('news'))));
        return socket;
      });
      const value = 'x'.repeat(10_000);
      const next = own[Symbol.asyncIterator]();
      let delivered = 0;
      await vi.waitFor(async () => {
        delivered = await neighbour.publish('news', value);
        await next.next();
        expect(delivered).toBe(1 + 20 * 100);
      }, 20_000);
      for (let i = 0; i < 3000; i++) {
        delivered = await neighbour.publish('news', value);
        expect(await next.next()).toMatchObject({ value: { topic: 'news' } });
      }
      // All others have been dropped, and what waited for them.
      expect(delivered).toBe(1);
      expect(server.process.residentBytes()).toBeLessThan(500 * MIB);
      for (const socket of idle) socket.destroy();
    });
  });
});
