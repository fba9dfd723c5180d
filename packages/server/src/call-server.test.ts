import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { KvError, type KvErrorCode } from '@kv/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from './main.js';
import { TestIo } from './testing/test-io.js';
import { TestServer } from './testing/test-server.js';

describe('what a server refuses', () => {
  let server: TestServer;

  beforeEach(async () => {
    server = await TestServer.start();
  });

  afterEach(() => server[Symbol.asyncDispose]());

  test.each<[KvErrorCode, number]>([
    ['INVALID_COMMAND', 2],
    ['TOO_LARGE', 2],
    ['UNAUTHENTICATED', 3],
    ['FORBIDDEN', 3],
    ['TOO_MANY_REQUESTS', 3],
    ['INTERNAL', 3],
    ['UNAVAILABLE', 3],
    ['STORAGE_FAILURE', 3],
  ])('as %s exits with %i', async (errorCode, exitCode) => {
    server.engine.hooks.on('requestReceived', () => {
      throw new KvError(errorCode, 'because\nof that');
    });
    const io = new TestIo({ KV_URL: server.url });
    expect(await run(['hset', 'users', 'u1', 'Tyr'], io)).toBe(exitCode);
    expect(io.stdout.text).toBe('');
    expect(io.stderr.text).toBe('error: because of that\n');
  });

  test.each([
    ['an empty table', ['hget', '', 'u1'], 'table must not be empty'],
    ['a long key', ['hget', 'users', 'x'.repeat(5000)], 'exceeds the limit of 4096 bytes'],
  ])('such as %s is usage', async (_name, argv, message) => {
    const io = new TestIo({ KV_URL: server.url });
    expect(await run(argv, io)).toBe(2);
    expect(io.stderr.text).toMatch(/^error: .*\n$/);
    expect(io.stderr.text).toContain(message);
  });

  test('--url goes before KV_URL, and an empty KV_URL is none', async () => {
    const io = new TestIo({ KV_URL: 'kv://127.0.0.1:1' });
    expect(await run(['hexist', 'users', 'u1', '--url', server.url], io)).toBe(1);
    const help = new TestIo({ KV_URL: '' });
    await run(['hget', '--help'], help);
    expect(help.stdout.text.replace(/\s+/g, ' ')).toContain('default: "kv://127.0.0.1:9527"');
  });

  test('an output that fails is an error, and one that nobody reads is none', async () => {
    const io = new TestIo({ KV_URL: server.url });
    const stdout = (code: string) => ({
      write: (_chunk: unknown, done: (error: Error) => void) =>
        done(Object.assign(new Error(`write ${code}`), { code })),
    });
    const world = { env: io.env, stop: io.stop, stdin: io.stdin, stderr: io.stderr };
    expect(await run(['hmget', 'users', 'u1'], { ...world, stdout: stdout('EPIPE') })).toBe(0);
    expect(io.stderr.text).toBe('');
    expect(await run(['hmget', 'users', 'u1'], { ...world, stdout: stdout('ENOSPC') })).toBe(3);
    expect(io.stderr.text).toBe('error: write ENOSPC\n');
  });
});

describe('a server that does not answer', () => {
  let server: Server;
  let url: string;
  let sockets: Socket[];

  beforeEach(async () => {
    sockets = [];
    server = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `kv://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });

  /** Waits until a request has come. */
  async function asked(): Promise<Socket> {
    const [socket] = await once(server, 'connection');
    await once(socket, 'data');
    return socket;
  }

  test('in time', async () => {
    const io = new TestIo();
    expect(await run(['hget', 'users', 'u1', '--url', url, '--timeout', '1'], io)).toBe(3);
    expect(io.stderr.text).toMatch(/^error: .* within 1 ms.*\n$/);
  });

  test.each<[NodeJS.Signals, number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('before %s exits with %i and says nothing', async (signal, exitCode) => {
    const io = new TestIo();
    const code = run(['hget', 'users', 'u1', '--url', url], io);
    await asked();
    io.signal(signal);
    expect(await code).toBe(exitCode);
    expect(io.stdout.text + io.stderr.text).toBe('');
  });

  test('but with something else', async () => {
    const io = new TestIo();
    const code = run(['hset', 'users', 'u1', 'Tyr', '--url', url], io);
    (await asked()).end('HTTP/1.1 400 Bad Request\r\n');
    // What HTTP begins with is the length of a very long answer.
    expect(await code).toBe(2);
    expect(io.stderr.text).toMatch(
      /^error: .* longer than maxFrameBytes, or kv --max-frame, .*\n$/,
    );
  });

  test('or is not there at all', async () => {
    server.close();
    await once(server, 'close');
    const io = new TestIo();
    expect(await run(['hget', 'users', 'u1', '--url', url], io)).toBe(3);
    expect(io.stderr.text).toMatch(/^error: Cannot reach kv:.* ECONNREFUSED .*\n$/);
  });
});
