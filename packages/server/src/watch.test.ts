import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type KvError, type Position } from '@kv/client';
import type { Change, Value, WatchItem } from '@kv/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { run } from './main.js';
import { CutLine } from './testing/cut-line.js';
import { KvProcess } from './testing/kv-process.js';
import { TestIo } from './testing/test-io.js';
import { TestServer } from './testing/test-server.js';

const lines = ({ stdout }: TestIo): string[] => stdout.text.split('\n').slice(0, -1);

/** Waits until so many lines have been printed. */
const printed = (io: TestIo, count: number): Promise<void> =>
  vi.waitFor(() => expect(lines(io)).toHaveLength(count));

describe('kv watch', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await TestServer.start();
  });
  afterEach(() => server[Symbol.asyncDispose]());

  const newIo = (): TestIo => new TestIo({ KV_URL: server.url });
  const watching = (count: number): Promise<void> =>
    vi.waitFor(() => expect(server.engine.stats().subscriptions).toBe(count));

  test('prints changes as they come, until it is interrupted', async () => {
    const io = newIo();
    const code = run(['watch', 'users'], io);
    await watching(1);
    const kv = server.engine.client();
    await kv.hset('users', 'u1', 'Tyr');
    await printed(io, 1);
    await kv.hset('others', 'u1', 'Loki');
    await kv.hdel('users', 'u1');
    await printed(io, 2);
    expect(lines(io)).toEqual(['set\tu1\tTyr', 'delete\tu1']);
    io.signal('SIGINT');
    expect(await code).toBe(130);
    await watching(0);
  });

  test('prints all of it as JSON, and goes on after a position that it has printed', async () => {
    const kv = server.engine.client();
    await kv.hset('users', 'u0', Uint8Array.of(255));
    const io = newIo();
    const code = run(['watch', 'users', '--snapshot', '--json'], io);
    await printed(io, 2);
    await kv.hset('users', 'u0', 5n);
    await kv.hset('users', 'u1', 'Tyr');
    await kv.hdel('users', 'u0');
    await printed(io, 5);
    const items = lines(io).map((line) => JSON.parse(line));
    const position = expect.stringMatching(/^\d+:\d+$/);
    const table = 'users';
    const binary = { type: 'binary', value: '/w==' };
    expect(items).toEqual([
      { kind: 'entry', table, key: 'u0', ...binary },
      { kind: 'ready', table, position },
      {
        ...{ kind: 'change', table, position, key: 'u0', cause: 'set' },
        ...{ type: 'integer', value: '5', old: binary },
      },
      {
        ...{ kind: 'change', table, position, key: 'u1', cause: 'set' },
        ...{ type: 'string', value: 'Tyr', old: null },
      },
      {
        ...{ kind: 'change', table, position, key: 'u0', cause: 'delete' },
        ...{ type: null, value: null, old: { type: 'integer', value: '5' } },
      },
    ]);
    io.signal('SIGINT');
    expect(await code).toBe(130);
    const [epoch, sequence] = items[2].position.split(':').map(Number);
    for (const after of [items[2].position, JSON.stringify({ epoch, sequence })]) {
      const again = newIo();
      const ended = run(['watch', 'users', '--after', after], again);
      await printed(again, 2);
      expect(lines(again)).toEqual(['set\tu1\tTyr', 'delete\tu0']);
      again.signal('SIGINT');
      expect(await ended).toBe(130);
    }
  });

  test('ends with 0 after so many lines, without a wait for another', async () => {
    const kv = server.engine.client();
    await kv.hset('users', 'u1', 'Tyr');
    const io = newIo();
    expect(await run(['watch', 'users', '--snapshot', '--limit', '1'], io)).toBe(0);
    expect(lines(io)).toHaveLength(1);
    await watching(0);
    expect(await run(['watch', 'users', '--limit', '0'], newIo())).toBe(2);
  });

  test.each([
    [['--key', 'b'], ['set\tb\t1']],
    [
      ['--prefix', 'a'],
      ['set\ta1\t1', 'set\ta2\t1'],
    ],
  ])('prints those of some keys: %j', async (flags, expected) => {
    const io = newIo();
    const code = run(['watch', 't', ...flags], io);
    await watching(1);
    const kv = server.engine.client();
    for (const key of ['a1', 'b', 'a2']) await kv.hset('t', key, 1n);
    await printed(io, expected.length);
    expect(lines(io)).toEqual(expected);
    io.signal('SIGINT');
    await code;
  });

  test('says when it is in place, and where, so that no change is made before', async () => {
    const io = newIo();
    const code = run(['watch', 'users'], io);
    await io.stderr.written;
    const [, position = ''] = /^kv watches users after (\d+:\d+)\n$/.exec(io.stderr.text) ?? [];
    await server.engine.client().hset('users', 'u1', 'Tyr');
    await printed(io, 1);
    const again = newIo();
    const ended = run(['watch', 'users', '--after', position], again);
    await printed(again, 1);
    expect(lines(again)).toEqual(lines(io));
    expect(again.stderr.text).toBe(`kv watches users after ${position}\n`);
    again.signal('SIGINT');
    io.signal('SIGINT');
    await Promise.all([code, ended]);
  });

  test('names no place from which to go on while the table is copied', async () => {
    const io = newIo();
    const code = run(['watch', 'users', '--snapshot'], io);
    await printed(io, 1);
    expect(io.stderr.text).toBe('kv watches users\n');
    io.signal('SIGINT');
    await code;
  });

  test('says that the connection was lost and is there again, and goes on where it was', async () => {
    await using line = await CutLine.to(server.url);
    const io = new TestIo({ KV_URL: line.url });
    const code = run(['watch', 'users'], io);
    await watching(1);
    line.cut();
    await server.engine.client().hset('users', 'u1', 'Tyr');
    await printed(io, 1);
    const [, lost, again] = io.stderr.text.split('\n');
    expect(lost).toContain(`kv has lost the connection to ${line.url}`);
    expect(again).toBe(`kv is connected to ${line.url} again`);
    io.signal('SIGINT');
    expect(await code).toBe(130);
  });

  test('says what is too large to be sent, and goes on behind it', async () => {
    await using small = await TestServer.start({ maxFrameBytes: 1024 });
    const kv = small.engine.client();
    await kv.hset('users', 'large', 'x'.repeat(2000));
    await kv.hset('users', 'u1', 'Tyr');
    const io = new TestIo({ KV_URL: small.url });
    const code = run(['watch', 'users', '--snapshot', '--json'], io);
    await printed(io, 2);
    await kv.hset('users', 'larger', 'x'.repeat(3000));
    await kv.hset('users', 'u2', 'Loki');
    await printed(io, 3);
    const keys = lines(io).map((line) => JSON.parse(line).key);
    expect(keys).toEqual(['u1', undefined, 'u2']);
    expect(io.stderr.text).toMatch(/large .*\n.*key larger exceeds/);
    io.signal('SIGINT');
    expect(await code).toBe(130);
  });

  test('fails if what came after a position is not kept, and says how to begin anew', async () => {
    const io = newIo();
    expect(await run(['watch', 't', '--after', '1:2'], io)).toBe(3);
    expect(io.stderr.text).toMatch(
      /\nerror: .* not kept any more; begin anew with --snapshot, and without --after\n$/,
    );
  });

  test.each([
    [['--after', '12'], /^error: --after: a position is an epoch and a sequence, .* not '12'\n$/],
    [['--after', '{"epoch":1}'], /^error: --after: a position is/],
    [['--after', '1:2', '--snapshot'], /not both/],
    [['--key', 'a', '--prefix', 'b'], /not both/],
    [['--key', ''], /must not be empty/],
  ])('takes nothing that makes no sense: %j', async (flags, message) => {
    const io = newIo();
    expect(await run(['watch', 't', ...flags], io)).toBe(2);
    expect(io.stderr.text).toMatch(message);
  });
});

describe('a watch of what is too large to be sent', () => {
  test('ends, unless somebody is told: then it goes on, and no other has to begin anew', async () => {
    await using server = await TestServer.start({ maxFrameBytes: 1024 });
    await using watcher = await connect(server.url);
    const ended = await watcher.watch('t');
    const told: KvError[] = [];
    const onTooLarge = (error: KvError): void => void told.push(error);
    const watch = await watcher.watch('t', { onTooLarge });
    const after = watch.position as Position;
    const kv = server.engine.client();
    await kv.hset('t', 'large', 'x'.repeat(2000));
    await kv.hset('t', 'last', 1n);
    const tooLarge = expect.objectContaining({
      code: 'TOO_LARGE',
      message: expect.stringContaining('key large'),
    });
    await expect(ended[Symbol.asyncIterator]().next()).rejects.toThrow(tooLarge);
    const last = { kind: 'change', key: 'last' };
    expect(await watch[Symbol.asyncIterator]().next()).toMatchObject({ value: last });
    await expect(watcher.changes('t', after)).rejects.toThrow(tooLarge);
    const { changes } = await watcher.changes('t', after, { onTooLarge });
    expect(changes).toMatchObject([last]);
    expect(told).toEqual([tooLarge, tooLarge]);
  });
});

describe('a watch over a network', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kv-watch-'));
  });
  afterEach(async () => {
    await KvProcess.killAll();
    await rm(directory, { recursive: true });
  });

  /** A server with a write-ahead log, always at the same place. */
  async function serve(): Promise<KvProcess> {
    const socket = join(directory, 'socket');
    const process = KvProcess.start(
      ...['serve', '--path', socket, '--storage', 'wal', '--data', join(directory, 'data')],
    );
    await process.url();
    return process;
  }

  test('goes on after its server was killed, though its table has not changed and the log is another', async () => {
    const server = await serve();
    const url = `unix:${join(directory, 'socket')}`;
    await using watcher = await connect(url, { minReconnectDelayMs: 1, maxReconnectDelayMs: 20 });
    const watch = await watcher.watch('quiet');
    const next = watch[Symbol.asyncIterator]().next();
    const start = watch.position;
    for (let i = 0; i < 3; i++) {
      await watcher.hset('busy', 'key', BigInt(i));
      await watcher.snapshot();
    }
    await vi.waitFor(() => expect(watch.position).not.toEqual(start));
    server.signal('SIGKILL');
    await server.ended;
    await serve();
    await watcher.hset('quiet', 'key', 1n, { timeoutMs: 20_000 });
    expect(await next).toMatchObject({ value: { kind: 'change', key: 'key', value: 1n } });
  }, 60_000);

  test('leaves out nothing and tells nothing twice while its server is killed and started again', async () => {
    let server = await serve();
    const url = `unix:${join(directory, 'socket')}`;
    const options = { minReconnectDelayMs: 1, maxReconnectDelayMs: 20 };
    await using watcher = await connect(url, options);
    await using writer = await connect(url, options);
    const watch = await watcher.watch('t', { snapshot: true });
    const items: WatchItem[] = [];
    const reading = (async () => {
      for await (const item of watch) {
        items.push(item);
        if (item.kind === 'change' && item.key === 'the end') break;
      }
    })();
    /** Until it is certain that it is there. */
    const set = async (key: string, value: Value): Promise<void> => {
      for (;;) {
        try {
          await writer.hset('t', key, value, { timeoutMs: 20_000 });
          return;
        } catch (error) {
          if ((error as { code?: string }).code !== 'CONNECTION_LOST') throw error;
        }
      }
    };
    for (let round = 0; round < 3; round++) {
      const writes = Array.from({ length: 50 }, (_, i) => set(`k${round}/${i}`, BigInt(i)));
      await writes[25];
      server.signal('SIGKILL');
      await server.ended;
      server = await serve();
      await Promise.all(writes);
    }
    await set('the end', true);
    await reading;
    const changes = items.filter((item): item is Change => item.kind === 'change');
    const copy = new Map(changes.map(({ key, value }) => [key, value]));
    expect(copy).toEqual(new Map(await writer.hgetall('t')));
    expect(copy.size).toBe(151);
    const places = changes.map(({ position: { epoch, sequence } }) => epoch * 1e6 + sequence);
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
  }, 60_000);
});
