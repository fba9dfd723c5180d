import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { Client, connect, type Value } from '@kv/client';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Ended, KvProcess } from './testing/kv-process.js';

// A busy machine may take seconds to start a process.
vi.setConfig({ testTimeout: 60_000 });

afterEach(() => KvProcess.killAll());

async function startServer(...flags: string[]): Promise<{ server: KvProcess; url: string }> {
  const server = KvProcess.start('serve', '--port', '0', ...flags);
  return { server, url: await server.url() };
}

function socketTo(url: string, allowHalfOpen = false): Socket {
  const { hostname, port } = new URL(url);
  return createConnection({ host: hostname, port: Number(port), allowHalfOpen });
}

/** Waits until a server accepts no more connections. */
async function refused(url: string): Promise<void> {
  for (;;) {
    const socket = socketTo(url);
    try {
      await once(socket, 'connect');
    } catch {
      return;
    } finally {
      socket.destroy();
    }
  }
}

test('processes talk to each other', async () => {
  const { url } = await startServer();
  const kv = (...args: string[]) => KvProcess.run(...args, '--url', url);
  expect(await kv('hset', 'users', 'u1', 'Tyr')).toEqual({
    code: 0,
    stdout: '(none)\n',
    stderr: '',
  });
  expect(await kv('hget', 'users', 'u1')).toEqual({ code: 0, stdout: 'Tyr\n', stderr: '' });
  expect(await kv('hget', 'users', 'u2')).toEqual({ code: 1, stdout: '(none)\n', stderr: '' });
});

describe('a value on standard input', () => {
  /** Runs `kv` with a server of its own, and `input` to read. */
  async function kvWith(
    input: string | Uint8Array,
    url: string,
    ...args: string[]
  ): Promise<Ended> {
    const command = KvProcess.start(...args, '--url', url);
    command.input(input);
    return command.ended;
  }

  test.each<[type: string, input: string | Uint8Array, value: Value]>([
    ['string', 'Týr\n', 'Týr\n'],
    ['string', '', ''],
    ['string', '@file', '@file'],
    ['string', '-', '-'],
    ['integer', '-42\n', -42n],
    ['binary', Buffer.alloc(100_000, 0xff), new Uint8Array(100_000).fill(0xff)],
  ])('is stored as %s', async (type, input, value) => {
    const { url } = await startServer();
    const ended = await kvWith(input, url, 'hset', 't', 'k', '-', '--type', type);
    expect(ended).toEqual({ code: 0, stdout: '(none)\n', stderr: '' });
    await using client = await connect(url);
    expect(await client.hget('t', 'k')).toEqual(value);
  });

  test.each<[name: string, input: string | Uint8Array, flags: string[], message: string]>([
    ['that is no text', Uint8Array.of(0xff), [], 'standard input is no text in UTF-8'],
    ['of another type', 'Tyr', ['--type', 'integer'], "'Tyr' is no value of type integer"],
    ['that is too long', 'x'.repeat(10_000), ['--max-frame', '512'], 'longer than a message'],
  ])('%s is one line and exit code 2, with no server asked', async (_, input, flags, message) => {
    const ended = await kvWith(input, 'unix:/no/such/kv.sock', 'hset', 't', 'k', '-', ...flags);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/^error: .*\n$/);
    expect(ended.stderr).toContain(message);
  });
});

describe.each<[NodeJS.Signals, number]>([
  ['SIGTERM', 143],
  ['SIGINT', 130],
])('%s', (signal, atOnce) => {
  test('has a server answer what is under way, and exit with 0', async () => {
    const { server, url } = await startServer();
    const socket = socketTo(url);
    const client = new Client(() => socket);
    await client.connect();
    const value = Buffer.alloc(15 * 1024 * 1024, 'x');
    await client.hset('big', 'value', value);
    // More than the kernel takes, so the answer stays under way until it is read.
    socket.pause();
    const answer = client.hget('big', 'value');
    // An answer to somebody who asked later: the request has come.
    const other = await connect(url);
    await other.hexist('big', 'value');
    await other.close();

    server.signal(signal);
    await refused(url);
    socket.resume();
    expect(value.equals((await answer) as Uint8Array)).toBe(true);
    await client.close();
    const listens = `kv listens on ${url}\n`;
    expect(await server.ended).toEqual({ code: 0, stdout: listens, stderr: '' });
  });

  test('a second time ends a server at once', async () => {
    const { server, url } = await startServer('--drain', '2147483647');
    // A peer that does not end its side keeps the server waiting.
    const socket = socketTo(url, true).on('error', () => {});
    await once(socket, 'connect');
    server.signal(signal);
    await refused(url);
    server.signal(signal);
    expect(await server.ended).toMatchObject({ code: atOnce, stderr: '' });
    socket.destroy();
  });

  test('ends a client command that listens, which has printed what came', async () => {
    const { url } = await startServer();
    const command = KvProcess.start('subscribe', 'news', '--json', '--url', url);
    await using client = await connect(url);
    const inPlace = 'kv is subscribed to news\n';
    expect(await command.warning()).toBe(inPlace);
    expect(await client.publish('news', 'rain')).toBe(1);
    const [line] = await command.lines(1);
    expect(line).toBe('{"topic":"news","values":[{"type":"string","value":"rain"}]}');
    command.signal(signal);
    expect(await command.ended).toMatchObject({ code: atOnce, stderr: inPlace });
    await vi.waitFor(async () => expect(await client.publish('news', 'rain')).toBe(0), 30_000);
  });

  test('ends a client command that waits', async () => {
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const command = KvProcess.start('hget', 'users', 'u1', '--url', `kv://127.0.0.1:${port}`);
    const [socket] = await once(mute, 'connection');
    await once(socket, 'data');
    command.signal(signal);
    expect(await command.ended).toEqual({ code: atOnce, stdout: '', stderr: '' });
    socket.destroy();
    mute.close();
  });
});

test.each([
  ['a flag that there is not', ['serve', '--nope'], 2],
  ['a host that there is not', ['serve', '--host', 'no such host'], 3],
  ['a directory that there is not', ['serve', '--path', '/no/such/directory/kv.sock'], 3],
  ['a server that there is not', ['hget', 'users', 'u1', '--url', 'unix:/no/such/kv.sock'], 3],
])('%s is one line and an exit code', async (_name, args, code) => {
  const ended = await KvProcess.run(...args);
  expect(ended).toEqual({ code, stdout: '', stderr: expect.stringMatching(/^error: .*\n$/) });
});

test('a port that is taken is one line and an exit code', async () => {
  const { url } = await startServer();
  const ended = await KvProcess.run('serve', '--port', new URL(url).port);
  expect(ended).toMatchObject({ code: 3, stdout: '' });
  expect(ended.stderr).toMatch(/^error: cannot listen: .*EADDRINUSE.*\n$/);
});

test('a server that other machines can reach says so', async () => {
  const server = KvProcess.start('serve', '--host', '0.0.0.0', '--port', '0');
  expect(await server.url()).toMatch(/^kv:\/\/0\.0\.0\.0:\d+$/);
  expect(await server.warning()).toMatch(/^warning: kv:\/\/0\.0\.0\.0:\d+ is open .*\n$/);
});

test('a reader that has seen enough ends a command that listens, with the next message', async () => {
  const { url } = await startServer();
  await using client = await connect(url);
  const command = KvProcess.start('subscribe', 'news', '--url', url);
  const inPlace = 'kv is subscribed to news\n';
  expect(await command.warning()).toBe(inPlace);
  command.stopReading();
  await vi.waitFor(async () => expect(await client.publish('news', 'rain')).toBe(0), 30_000);
  expect(await command.ended).toEqual({ code: 0, stdout: '', stderr: inPlace });
});

test('a reader that has seen enough ends a command quietly', async () => {
  const { url } = await startServer();
  await using client = await connect(url);
  const value = 'x'.repeat(1000);
  await client.hmset(
    'big',
    Array.from({ length: 2000 }, (_, i) => [`key ${i}`, value] as const),
  );
  const command = KvProcess.start('hgetall', 'big', '--url', url);
  command.stopReading();
  expect(await command.ended).toEqual({ code: 0, stdout: '', stderr: '' });
});
