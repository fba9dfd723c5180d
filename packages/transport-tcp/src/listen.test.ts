import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Engine, type Peer } from '@kv/core';
import { commandRequest } from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TcpTransport } from './tcp-transport.js';
import { TestPeer } from './testing/test-peer.js';

let engine: Engine;
let transport: TcpTransport;
let directory: string;
beforeEach(async () => {
  engine = new Engine();
  transport = new TcpTransport(engine);
  directory = await mkdtemp(join(tmpdir(), 'kv-'));
});
afterEach(async () => {
  await transport.close();
  await engine.close();
  await rm(directory, { recursive: true });
});

/** The peer as hooks see it, of a connection to `address`. */
async function peerAt(address: { url: string; port?: number }): Promise<Peer> {
  const seen = new Promise<Peer>((resolve) => {
    engine.hooks.once('requestReceived', ({ peer }) => resolve(peer));
  });
  const peer = await TestPeer.connect(address);
  peer.send(commandRequest('hgetall', { table: 't' }));
  await peer.receive();
  peer.cut();
  return seen;
}

describe('listening on a port', () => {
  it('says where, and hooks are told where the peer is', async () => {
    const address = await transport.listen({ port: 0 });
    expect(address.url).toBe(`kv://127.0.0.1:${address.port}`);
    expect(await peerAt(address)).toEqual({
      transport: 'tcp',
      address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    });
  });

  it('puts IPv6 addresses in brackets', async () => {
    const address = await transport.listen({ host: '::1', port: 0 });
    expect(address.url).toBe(`kv://[::1]:${address.port}`);
  });

  it('fails with the error of the operating system if the port is taken', async () => {
    const { port } = await transport.listen({ port: 0 });
    await expect(transport.listen({ port: port ?? 0 })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  it('may go on at several places at once', async () => {
    const first = await transport.listen({ port: 0 });
    const second = await transport.listen({ path: join(directory, 'kv.sock') });
    expect(await peerAt(first)).toMatchObject({ transport: 'tcp' });
    expect(await peerAt(second)).toMatchObject({ transport: 'tcp' });
  });

  it('is over once the transport is closed', async () => {
    const address = await transport.listen({ port: 0 });
    await transport.close();
    await expect(TestPeer.connect(address)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(transport.listen({ port: 0 })).rejects.toThrow('The transport is closed');
  });
});

describe('listening on a unix socket', () => {
  it('says where, and removes the socket at the end', async () => {
    const path = join(directory, 'kv.sock');
    const address = await transport.listen({ path });
    expect(address).toEqual({ url: `unix:${path}` });
    expect(await peerAt(address)).toEqual({ transport: 'tcp', address: `unix:${path}` });
    await transport.close();
    expect(existsSync(path)).toBe(false);
  });

  it('takes the place of a socket that a killed process has left behind', async () => {
    const path = join(directory, 'kv.sock');
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.send('up'))`;
    const file = join(directory, 'server.cjs');
    await writeFile(file, script);
    const child = fork(file);
    await once(child, 'message');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(path)).toBe(true);
    expect(await peerAt(await transport.listen({ path }))).toMatchObject({ transport: 'tcp' });
  });

  it('leaves a socket alone on which somebody listens', async () => {
    const path = join(directory, 'kv.sock');
    const other: Server = createServer().listen({ path });
    await once(other, 'listening');
    await expect(transport.listen({ path })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(existsSync(path)).toBe(true);
    other.close();
  });

  it('says where in a form that clients take, though the path was relative', async () => {
    const path = join(directory, 'kv.sock');
    const address = await transport.listen({ path: relative(process.cwd(), path) });
    expect(address).toEqual({ url: `unix:${path}` });
  });

  it('is refused on a path that the system would cut short', async () => {
    const path = join(directory, 'x'.repeat(100));
    await expect(transport.listen({ path })).rejects.toThrow(RangeError);
  });

  it('fails for want of its directory, and says so', async () => {
    const path = join(directory, 'missing', 'kv.sock');
    await expect(transport.listen({ path })).rejects.toMatchObject({
      code: 'ENOENT',
      message: expect.stringContaining(`'${join(directory, 'missing')}'`),
    });
  });

  it('leaves an ordinary file alone', async () => {
    const path = join(directory, 'precious.txt');
    await writeFile(path, 'precious');
    await expect(transport.listen({ path })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(await readFile(path, 'utf8')).toBe('precious');
  });
});
