import { Readable } from 'node:stream';
import { KvError } from '@kv/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Output } from './io.js';
import { run } from './main.js';
import { CutLine } from './testing/cut-line.js';
import { TestIo } from './testing/test-io.js';
import { TestServer } from './testing/test-server.js';

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
});
afterEach(() => server[Symbol.asyncDispose]());

const newIo = (stdin?: Readable): TestIo => new TestIo({ KV_URL: server.url }, stdin);

async function kv(...argv: string[]): Promise<TestIo & { code: number }> {
  const io = newIo();
  const code = await run(argv, io);
  return Object.assign(io, { code });
}

/** Waits until so many subscriptions are in place. */
const subscribed = (count: number): Promise<void> =>
  vi.waitFor(() => expect(server.engine.stats().subscriptions).toBe(count));

const lines = ({ stdout }: TestIo): string[] => stdout.text.split('\n').slice(0, -1);

/** Waits until so many lines have been printed. */
const printed = (io: TestIo, count: number): Promise<void> =>
  vi.waitFor(() => expect(lines(io).length).toBe(count));

describe('kv subscribe', () => {
  test('ends with 0 after so many lines', async () => {
    const io = newIo();
    const code = run(['subscribe', 'news', '--pattern', 'n*', '--limit', '3'], io);
    await subscribed(2);
    const client = server.engine.client();
    for (const value of ['rain', 'snow']) await client.publish('news', value);
    expect(await code).toBe(0);
    expect(lines(io)).toHaveLength(3);
    await subscribed(0);
  });

  const chatHint =
    "hint: 'chat.*' is the topic of just this name; all that match it are --pattern 'chat.*'";

  test.each([
    [[], ['news\train\t21', 'chat.a\tAP8K', 'news\t', 'chat.b']],
    [
      ['--json'],
      [
        '{"topic":"news","values":[{"type":"string","value":"rain"},{"type":"integer","value":"21"}]}',
        '{"topic":"chat.a","values":[{"type":"binary","value":"AP8K"}]}',
        '{"topic":"news","values":[{"type":"string","value":""}]}',
        '{"topic":"chat.b","values":[]}',
      ],
    ],
  ])('prints messages as they come, until it is interrupted: %j', async (flags, expected) => {
    const io = newIo();
    const code = run(['subscribe', 'news', 'other', '--pattern', 'chat.*', ...flags], io);
    await subscribed(3);
    const client = server.engine.client();
    await client.publish('news', ['rain', 21n]);
    await printed(io, 1);
    await client.publish('chat.a', new Uint8Array([0, 255, 10]));
    await printed(io, 2);
    await client.publish('nobody', 'hears');
    await client.publish('news', '');
    await printed(io, 3);
    await client.publish('chat.b', []);
    await printed(io, 4);
    expect(lines(io)).toEqual(expected);
    io.signal('SIGINT');
    expect(await code).toBe(130);
    expect(io.stderr.text).toBe('kv is subscribed to news, other, chat.*\n');
    await subscribed(0);
  });

  test('says when it is in place, so that nothing is published before', async () => {
    const io = newIo();
    const code = run(['subscribe', 'news'], io);
    await io.stderr.written;
    expect(await server.engine.client().publish('news', 'rain')).toBe(1);
    io.signal('SIGINT');
    await code;
  });

  test('takes several patterns', async () => {
    const io = newIo();
    const code = run(['subscribe', '--pattern', 'a*', '--pattern', 'b*'], io);
    await subscribed(2);
    await server.engine.client().publish('b', 1n);
    await printed(io, 1);
    expect(lines(io)).toEqual(['b\t1']);
    io.signal('SIGTERM');
    expect(await code).toBe(143);
  });

  test('says at once of which topics and patterns messages may be missing, after a lost connection', async () => {
    await using line = await CutLine.to(server.url);
    const io = new TestIo({ KV_URL: line.url });
    const code = run(['subscribe', 'news', '--pattern', 'chat.*', '--json'], io);
    await subscribed(2);
    line.cut();
    await printed(io, 2);
    expect(lines(io)).toEqual([
      '{"topic":"news","missed":null}',
      '{"pattern":"chat.*","missed":null}',
    ]);
    const said = io.stderr.text.split('\n');
    expect(said).toEqual([
      'kv is subscribed to news, chat.*',
      expect.stringContaining(`kv has lost the connection to ${line.url}`),
      `kv is connected to ${line.url} again`,
      '',
    ]);
    io.signal('SIGINT');
    expect(await code).toBe(130);
  });

  test.each<[args: string[], hints: string[]]>([
    [['chat.*'], [chatHint]],
    [['news', 'chat.*'], [chatHint]],
    [['chat.*', '--pattern', 'c*'], []],
    [['--pattern', 'chat.*'], []],
  ])('hints at patterns where a topic may be meant to be one: %j', async (args, hints) => {
    const io = newIo();
    const code = run(['subscribe', ...args], io);
    await vi.waitFor(() => expect(server.engine.stats().subscriptions).toBeGreaterThan(0));
    io.signal('SIGINT');
    await code;
    expect(io.stderr.text.match(/^hint: .*$/gm) ?? []).toEqual(hints);
  });

  describe('that is too slow', () => {
    const COUNT = 20;

    /** Publishes more at once than may wait. */
    async function flood(): Promise<void> {
      const client = server.engine.client();
      const message = 'x'.repeat(300 * 1024);
      const messages = Array.from({ length: COUNT }, (_, i) => [BigInt(i), message]);
      await Promise.all(messages.map((values) => client.publish('news', values)));
    }

    test('goes on with --drop-oldest, and says how many it has missed', async () => {
      const io = newIo();
      const code = run(['subscribe', 'news', '--drop-oldest', '--json'], io);
      await subscribed(1);
      await flood();
      const last = `{"topic":"news","values":[{"type":"integer","value":"${COUNT - 1}"}`;
      await vi.waitFor(() => expect(lines(io).at(-1)?.startsWith(last)).toBe(true));
      const gaps = lines(io).filter((line) => line.includes('missed'));
      expect(gaps).toEqual([expect.stringMatching(/^{"topic":"news","missed":\d+}$/)]);
      const { missed } = JSON.parse(gaps[0] as string);
      expect(missed).toBeGreaterThan(0);
      expect(missed + lines(io).length - 1).toBe(COUNT);
      io.signal('SIGINT');
      expect(await code).toBe(130);
    });

    test('ends without it, when it has printed what waited, and says what to do', async () => {
      const io = newIo();
      const code = run(['subscribe', 'news'], io);
      await subscribed(1);
      await flood();
      expect(await code).toBe(3);
      expect(lines(io)[0]?.slice(0, 10)).toBe('news\t0\txxx');
      expect(io.stderr.text).toMatch(
        /\nerror: .*too slow.*; with --drop-oldest it would miss some, say how many, and go on\n$/,
      );
    });
  });

  test('ends without an error when nobody reads any more', async () => {
    const stdout: Output = {
      write: (_chunk, done) => done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
    };
    const io = Object.assign(newIo(), { stdout });
    const code = run(['subscribe', 'news'], io as never);
    await subscribed(1);
    await server.engine.client().publish('news', 'rain');
    expect(await code).toBe(0);
    await subscribed(0);
  });

  test('says why it was refused, or why it has ended', async () => {
    expect(await kv('subscribe')).toMatchObject({ code: 2 });
    server.engine.hooks.once('requestReceived', () => {
      throw new KvError('FORBIDDEN', 'not you');
    });
    const refused = await kv('subscribe', 'news');
    expect([refused.code, refused.stderr.text]).toEqual([3, 'error: not you\n']);
    const io = newIo();
    const code = run(['subscribe', 'news', 'other'], io);
    await subscribed(2);
    await server.engine.close();
    expect(await code).toBe(3);
    expect(io.stderr.text).toMatch(/\nerror: The engine is closed\n$/);
  });
});

describe('kv publish', () => {
  test.each([
    [[], '2\n'],
    [['--json'], '{"type":"integer","value":"2"}\n'],
    [['--quiet'], ''],
  ])('prints how many got the message: %j', async (flags, output) => {
    const client = server.engine.client();
    const [one] = [await client.subscribe('news'), await client.subscribe('news')];
    const { code, stdout, stderr } = await kv('publish', 'news', 'rain', '-1', ...flags);
    expect([code, stdout.text, stderr.text]).toEqual([0, output, '']);
    expect(await one[Symbol.asyncIterator]().next()).toMatchObject({
      value: { topic: 'news', values: ['rain', '-1'] },
    });
  });

  test.each([
    [[], "hint: 'chat.*' is the topic of just this name; nothing can be published to a pattern\n"],
    [['--quiet'], ''],
  ])('hints at it that there is no publishing to a pattern: %j', async (flags, hint) => {
    const { code, stderr } = await kv('publish', 'chat.*', 'Hello', ...flags);
    expect([code, stderr.text]).toEqual([0, hint]);
  });

  test('is no failure if nobody got it', async () => {
    const { code, stdout } = await kv('publish', 'news', 'rain');
    expect([code, stdout.text]).toEqual([0, '0\n']);
  });

  test('takes values of other types, and one of standard input', async () => {
    const subscription = await server.engine.client().subscribe('news');
    const io = newIo(Readable.from([Buffer.from([0, 255])]));
    expect(await run(['publish', 'news', 'AP8K', '-', '--type', 'binary'], io)).toBe(0);
    expect(await subscription[Symbol.asyncIterator]().next()).toMatchObject({
      value: { values: [new Uint8Array([0, 255, 10]), new Uint8Array([0, 255])] },
    });
    const { code, stderr } = await kv('publish', 'news', '-', '-');
    expect([code, stderr.text]).toEqual([2, expect.stringContaining('only one value can be')]);
  });

  test.each([
    [['publish']],
    [['publish', 'news']],
    [['publish', 'news', 'x', '--type', 'integer']],
  ])('refuses what makes no sense: %j', async (argv) => {
    expect(await kv(...argv)).toMatchObject({ code: 2 });
  });
});
