import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { WriterPool, write } from './writer-pool.js';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

/** The two ends of a connection over TCP. */
async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
  const [[far]] = await Promise.all([
    once(server, 'connection') as Promise<[Socket]>,
    once(near, 'connect'),
  ]);
  undo.push(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return [near, far];
}

function writeOf(pool: WriterPool, stream: Duplex, bytes: Uint8Array): Promise<unknown> {
  const writer = pool.take();
  writer.write(bytes);
  return new Promise((resolve) => pool.write(stream, writer, () => {}, resolve));
}

describe('a pool of writers', () => {
  it('lends the same one again when the kernel has its bytes', async () => {
    const [near, far] = await socketPair();
    const pool = new WriterPool();
    const writer = pool.take();
    writer.write(Buffer.from('hello'));
    pool.write(near, writer, () => {});
    expect(pool.take()).toBe(writer);
    expect(writer.length).toBe(0);
    near.end();
    expect(String(await buffer(far))).toBe('hello');
  });

  it('lends two to two who have something in theirs', () => {
    const pool = new WriterPool();
    expect(pool.take()).not.toBe(pool.take());
  });

  it('leaves bytes alone that the kernel has not taken yet', async () => {
    const [near, far] = await socketPair();
    const pool = new WriterPool();
    const chunks: Uint8Array[] = [];
    // Until the peer, who reads nothing, has more waiting than the kernel keeps; and beyond.
    for (let extra = 0; extra < 8; extra += Number(near.writableLength > 0)) {
      const chunk = new Uint8Array(60_000).fill(chunks.length);
      chunks.push(chunk);
      void writeOf(pool, near, chunk);
    }
    near.end();
    expect(Buffer.compare(await buffer(far), Buffer.concat(chunks))).toBe(0);
  });

  it('tells when the kernel has taken what it has not at once, and nothing of what it has', async () => {
    const [near, far] = await socketPair();
    const taken: number[] = [];
    const written: boolean[] = [];
    while (near.writableLength === 0) {
      const i = written.length;
      write(near, new Uint8Array(100_000), () => taken.push(i));
      written.push(near.writableLength === 0);
    }
    expect(taken).toEqual([]);
    write(near, new Uint8Array(100_000), () => taken.push(written.length));
    near.end();
    await buffer(far);
    expect(taken).toEqual([written.length - 1, written.length]);
    expect(written.indexOf(false)).toBe(written.length - 1);
  });

  it('leaves bytes alone that a stream keeps which is no socket', async () => {
    const kept: Uint8Array[] = [];
    const stream = new Duplex({
      read() {},
      write(chunk, _, done) {
        kept.push(chunk);
        done();
      },
    });
    const pool = new WriterPool();
    await writeOf(pool, stream, Buffer.from('one'));
    await writeOf(pool, stream, Buffer.from('two'));
    expect(kept.map(String)).toEqual(['one', 'two']);
  });

  it('does not keep one that has become large', async () => {
    const [near, far] = await socketPair();
    far.resume();
    const pool = new WriterPool();
    const writer = pool.take();
    writer.reserve(1024 * 1024);
    writer.write(Buffer.from('hello'));
    pool.write(near, writer, () => {});
    expect(pool.take()).not.toBe(writer);
  });

  it('tells of a write to a stream that is gone', async () => {
    const [near] = await socketPair();
    near.on('error', () => {});
    near.destroy();
    expect(await writeOf(new WriterPool(), near, Buffer.from('hello'))).toBeInstanceOf(Error);
  });
});
