import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readIntoBuffer } from './read-into-buffer.js';

let server: Server;
let near: Socket;
let far: Socket;
beforeEach(async () => {
  server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  near = createConnection({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  [far] = (await accepted) as [Socket];
});
afterEach(() => {
  near.destroy();
  far.destroy();
  server.close();
});

/** What arrives, until the peer ends. */
async function readAll(socket: Socket, chunks: string[]): Promise<string> {
  await once(socket, 'end');
  return chunks.join('');
}

describe('an accepted socket that reads into the one buffer', () => {
  it('reads all that its peer sends, always into the same memory', async () => {
    const chunks: string[] = [];
    const memory = new Set<ArrayBufferLike>();
    const socket = readIntoBuffer(far, (chunk) => {
      memory.add(chunk.buffer);
      chunks.push(Buffer.from(chunk).toString());
    });
    if (socket === undefined) throw new Error('It cannot be done here');
    const sent = 'x'.repeat(300_000);
    near.end(sent);
    expect(await readAll(socket, chunks)).toBe(sent);
    expect(chunks.length).toBeGreaterThan(1);
    expect(memory.size).toBe(1);
    socket.destroy();
  });

  it('goes on writing when its peer has sent its last, and knows where it is', async () => {
    const socket = readIntoBuffer(far, () => {});
    const received = once(near, 'data');
    near.end();
    await once(socket as Socket, 'end');
    expect(socket?.remotePort).toBe(near.localPort);
    socket?.end('answer');
    expect(String((await received)[0])).toBe('answer');
  });

  it('reads nothing while it is paused', async () => {
    const chunks: string[] = [];
    const socket = readIntoBuffer(far, (chunk) => {
      chunks.push(Buffer.from(chunk).toString());
      socket?.pause();
    }) as Socket;
    const sent = 'x'.repeat(300_000);
    near.end(sent);
    let ended = false;
    socket.on('end', () => {
      ended = true;
    });
    for (let read = 1; !ended; read++) {
      // The kernel has more for it, and would hand it over in this turn.
      await new Promise((resolve) => setImmediate(resolve));
      expect(chunks.length).toBeLessThanOrEqual(read);
      socket.resume();
    }
    expect(chunks.join('')).toBe(sent);
    socket.destroy();
  });

  it('is no longer counted by its server, which can close', async () => {
    const socket = readIntoBuffer(far, () => {});
    const closed = once(server, 'close');
    server.close();
    await closed;
    expect(socket?.destroyed).toBe(false);
    socket?.destroy();
  });
});

it('a socket without a connection beneath it stays as it is', () => {
  const socket = new Socket();
  expect(readIntoBuffer(socket, () => {})).toBeUndefined();
  expect(socket.destroyed).toBe(false);
});
