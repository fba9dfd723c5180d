import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { connect } from '@kv/client';
import { MemoryStorage } from '@kv/core';
import { afterEach, expect, test } from 'vitest';
import { run } from './main.js';
import { serve } from './serve.js';
import { TestIo } from './testing/test-io.js';

const running: { io: TestIo; ended: Promise<unknown> }[] = [];

afterEach(async () => {
  for (const { io, ended } of running.splice(0)) {
    io.signal('SIGTERM');
    await ended;
  }
});

/** Starts a server and waits until it says where it listens. */
async function start(
  serving: (io: TestIo) => Promise<unknown>,
): Promise<[url: string, io: TestIo]> {
  const io = new TestIo();
  const ended = serving(io);
  running.push({ io, ended });
  await Promise.race([io.stdout.written, ended]);
  expect(io.stdout.text).toMatch(/^kv listens on \S+\n$/);
  return [io.stdout.text.trim().replace('kv listens on ', ''), io];
}

/** The exit code, and what is said with it. */
async function kv(url: string, ...argv: string[]): Promise<[code: number, said: string]> {
  const io = new TestIo({ KV_URL: url });
  const code = await run(argv, io);
  return [code, io.stdout.text + io.stderr.text];
}

test('serves the storage that it is given, and closes it when it is to stop', async () => {
  const storage = new MemoryStorage();
  storage.set('users', 'u1', 'Tyr');
  const io = new TestIo();
  const ended = serve({ listen: { port: 0 }, engine: { storage } }, io);
  await io.stdout.written;
  const url = io.stdout.text.trim().replace('kv listens on ', '');
  const client = await connect(url);
  expect(await client.hget('users', 'u1')).toBe('Tyr');
  await client.close();
  io.signal('SIGTERM');
  await ended;
  expect(() => storage.get('users', 'u1')).toThrow('closed');
  await expect(connect(url)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('tells of errors whose cause callers do not see, unless it is told to whom', async () => {
  const failing = Object.assign(new MemoryStorage(), {
    get: () => {
      throw new Error('the disk is full');
    },
  });
  const engine = { storage: failing, onError: undefined };
  const [url, io] = await start((world) => serve({ listen: { port: 0 }, engine }, world));
  expect((await kv(url, 'hget', 'users', 'u1'))[0]).toBe(3);
  expect(io.stderr.text).toContain('the disk is full');
});

test('kv serve does what its flags say', async () => {
  const flags = ['--max-frame', '1k', '--header-bytes', '2', '--max-table', '3', '--max-key', '4'];
  const limits = ['--drain', '10', '--max-unsent', '64k', '--max-in-flight', '1'];
  const [url] = await start((io) => run(['serve', '--port', '0', ...flags, ...limits], io));
  const two = ['--header-bytes', '2'];
  expect(await kv(url, 'hset', 'tab', 'key1', 'Tyr', ...two)).toEqual([0, '(none)\n']);
  expect(await kv(url, 'hget', 'tab', 'key1', ...two)).toEqual([0, 'Tyr\n']);
  expect(await kv(url, 'hget', 'tabl', 'key1', ...two)).toEqual([2, limit('table', 3)]);
  expect(await kv(url, 'hget', 'tab', 'key10', ...two)).toEqual([2, limit('key', 4)]);
  const [code, said] = await kv(url, 'hset', 'tab', 'key1', 'x'.repeat(1024), ...two);
  expect([code, said]).toEqual([
    2,
    expect.stringMatching(/^error: A frame of .* 1024 bytes \(.*--max-frame\)\n$/),
  ]);

  function limit(what: string, bytes: number): string {
    return `error: The ${what} exceeds the limit of ${bytes} bytes\n`;
  }
});

test('kv serve drops what was not used for long, once it has used the memory that it may', async () => {
  const [url] = await start((io) => run(['serve', '--port', '0', '--max-memory', '1m'], io));
  const client = await connect(url);
  await client.hset('t', 'first', 'x'.repeat(1000));
  // So many times more than there is room for that nobody could be so lucky as to stay.
  const keys = Array.from({ length: 6000 }, (_, i) => `${i}`);
  await Promise.all(keys.map((key) => client.hset('t', key, 'x'.repeat(1000))));
  const found = await client.hmexist('t', ['first', '5999']);
  await client.close();
  expect(found).toEqual([false, true]);
});

test('kv serve listens on a unix socket, and names it so that it is found from anywhere', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kv-'));
  try {
    const path = join(directory, 'kv.sock');
    const [url] = await start((io) => run(['serve', '--path', relative('', path)], io));
    expect(url).toBe(`unix:${path}`);
    expect(await kv(url, 'hexist', 'users', 'u1')).toEqual([1, 'false\n']);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test.each(['127.0.0.1', 'localhost'])('says no more when it listens on %s', async (host) => {
  const [, io] = await start((world) => run(['serve', '--host', host, '--port', '0'], world));
  expect(io.stderr.text).toBe('');
});

test('warns when other machines can reach it', async () => {
  const [url, io] = await start((world) =>
    run(['serve', '--host', '0.0.0.0', '--port', '0'], world),
  );
  await io.stderr.written;
  expect(io.stderr.text).toBe(
    `warning: ${url} is open to other machines, with neither encryption nor authentication\n`,
  );
});

test.each([
  ['is taken', () => start((io) => run(['serve', '--port', '0'], io)), 'EADDRINUSE'],
  ['is of another machine', () => ['kv://192.0.2.1:9527'] as const, 'EADDRNOTAVAIL'],
])('an address that %s is an error', async (_name, taken, reason) => {
  const [url] = await taken();
  const { hostname, port } = new URL(url);
  const io = new TestIo();
  expect(await run(['serve', '--host', hostname, '--port', port], io)).toBe(3);
  expect(io.stdout.text).toBe('');
  expect(io.stderr.text).toMatch(new RegExp(`^error: cannot listen: .*${reason}.*\n$`));
});

test('options that make no sense are usage', async () => {
  await expect(serve({ transport: { drainMs: -1 } }, new TestIo())).rejects.toMatchObject({
    code: 'INVALID_COMMAND',
    message: expect.stringContaining('drainMs'),
  });
});
