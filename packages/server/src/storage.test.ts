import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Position } from '@kv/client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { run } from './main.js';
import { openStorage } from './storages/storage-table.js';
import { KvProcess } from './testing/kv-process.js';
import { TestIo } from './testing/test-io.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-data-'));
});
afterEach(async () => {
  await KvProcess.killAll();
  await rm(directory, { recursive: true });
});

const serve = (...flags: string[]): KvProcess =>
  KvProcess.start('serve', '--port', '0', '--storage', 'wal', '--data', directory, ...flags);

/** The exit code, and what is said with it. */
async function kv(...argv: string[]): Promise<[code: number, stdout: string, stderr: string]> {
  const io = new TestIo();
  const code = await run(argv, io);
  return [code, io.stdout.text, io.stderr.text];
}

const said = (text: string): unknown => expect.stringContaining(text);

describe('kv serve --storage wal', () => {
  test.each(['always', 'everysec', 'never'])(
    'with --fsync %s has after a SIGKILL all that was answered',
    async (fsync) => {
      const server = serve('--fsync', fsync);
      const client = await connect(await server.url());
      await client.hmset('t', [
        ['a', 1n],
        ['b', 'two'],
      ]);
      await client.hset('t', 'a', 3n);
      server.signal('SIGKILL');
      await server.ended;
      await client.close();

      const again = await connect(await serve('--fsync', fsync).url());
      expect(await again.hgetall('t')).toEqual(
        new Map<string, unknown>([
          ['a', 3n],
          ['b', 'two'],
        ]),
      );
      await again.close();
    },
  );

  test('drains, closes and exits with 0 on SIGTERM, with a snapshot if that is wanted', async () => {
    const server = serve('--snapshot-at-end');
    const client = await connect(await server.url());
    await client.hset('t', 'k', 'v');
    await client.close();
    server.signal('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
    expect((await readdir(directory)).filter((name) => name.endsWith('.kv'))).toHaveLength(1);
  });

  test.each([
    [[], undefined],
    [['--log-old-values'], 'one'],
  ] as const)('tells changes from before a restart with %j', async (flags, old) => {
    const server = serve(...flags);
    const client = await connect(await server.url());
    await using watch = await client.watch('t');
    const position = watch.position as Position;
    await client.hset('t', 'k', 'one');
    await client.hset('t', 'k', 'two');
    server.signal('SIGKILL');
    await server.ended;
    await watch[Symbol.asyncDispose]();
    await client.close();
    const again = await connect(await serve(...flags).url());
    const { changes } = await again.changes('t', position);
    expect(changes.map((change) => [change.value, change.old])).toEqual([
      ['one', old && null],
      ['two', old],
    ]);
    await again.close();
  });

  test('ends with 0, and listens nowhere, if it is to stop before it has read its data', async () => {
    const server = serve();
    const client = await connect(await server.url());
    await client.hset('t', 'k', 'v');
    await client.close();
    server.signal('SIGTERM');
    await server.ended;
    const io = new TestIo();
    io.signal('SIGTERM');
    const flags = ['--port', '0', '--storage', 'wal', '--data', directory];
    expect(await run(['serve', ...flags], io)).toBe(0);
    expect([io.stdout.text, io.stderr.text]).toEqual(['', '']);
  });

  test('takes no snapshot any more eight seconds after a signal, not at the end either', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      const stop = new AbortController();
      const warn = vi.fn();
      const flags = { data: directory, snapshotAtEnd: true };
      const storage = await openStorage('wal', flags, { warn, stop: stop.signal });
      await storage.set('t', 'k', 'v');
      stop.abort('SIGTERM');
      vi.advanceTimersByTime(7_999);
      expect(await storage.snapshot?.()).toMatchObject({ bytes: expect.any(Number) });
      await storage.set('t', 'k', 'w');
      vi.advanceTimersByTime(1);
      await expect(storage.snapshot?.()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await storage.close();
      expect(warn).toHaveBeenCalledExactlyOnceWith(said('No snapshot could be taken at the end'));
    } finally {
      vi.useRealTimers();
    }
  });

  test('takes a snapshot when it is asked for one', async () => {
    const url = await serve().url();
    const [code, bytes] = await kv('snapshot', '--url', url);
    expect([code, Number(bytes)]).toEqual([0, expect.any(Number)]);
    const [name] = (await readdir(directory)).filter((each) => each.endsWith('.kv'));
    expect((await readFile(join(directory, `${name}`))).length).toBe(Number(bytes));
  });

  test('has its directory for itself', async () => {
    await serve().url();
    const second = await serve().ended;
    expect(second).toMatchObject({ code: 3, stdout: '', stderr: said('open in another process') });
    for (const command of ['check', 'repair']) {
      expect(await kv(command, directory)).toEqual([3, '', said('open in another process')]);
    }
  });

  test('does what its other flags say', async () => {
    const server = serve('--inline-fsync', '--snapshot-log', '1k');
    const client = await connect(await server.url());
    const snapshots = async (): Promise<string[]> =>
      (await readdir(directory)).filter((name) => name.endsWith('.kv'));
    for (let i = 0; (await snapshots()).length === 0; i++) {
      await client.hset('t', `k${i}`, 'x'.repeat(100));
    }
    await client.close();
    server.signal('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
  });
});

describe.each(['level', 'lmdb'])('kv serve --storage %s', (storage) => {
  const start = (...flags: string[]): KvProcess =>
    KvProcess.start('serve', '--port', '0', '--storage', storage, '--data', directory, ...flags);

  test.each(['always', 'never'])(
    'with --fsync %s has after a SIGKILL all that was answered',
    async (fsync) => {
      const server = start('--fsync', fsync);
      const client = await connect(await server.url());
      await client.hset('t', 'a', 1n);
      server.signal('SIGKILL');
      await server.ended;
      await client.close();
      const again = await connect(await start().url());
      expect(await again.hget('t', 'a')).toBe(1n);
      await again.close();
    },
  );

  test('knows nothing between always and never, and no log', async () => {
    const flags = ['--storage', storage, '--data', directory, '--port', '0'];
    const [code, , stderr] = await kv('serve', ...flags, '--fsync', 'everysec');
    expect([code, stderr]).toEqual([2, said('takes --fsync always or never')]);
    expect(await kv('serve', ...flags, '--inline-fsync')).toEqual([2, '', said('means nothing')]);
  });

  test('leaves its data to no other, and not to kv check and kv repair', async () => {
    const server = start();
    await server.url();
    server.signal('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
    expect(await serve().ended).toMatchObject({ code: 3, stderr: said(`'${storage}', not 'wal'`) });
    for (const command of ['check', 'repair']) {
      const refusal = `${directory} has data of --storage ${storage}, which kv ${command} cannot ${command}`;
      expect(await kv(command, directory)).toEqual([3, '', said(refusal)]);
    }
  });
});

describe('flags that do not go together', () => {
  test.each([
    [['--storage', 'wal'], '--storage wal needs --data'],
    [['--data', 'x'], '--data means nothing to --storage memory'],
    [['--fsync', 'always'], '--fsync means nothing to --storage memory'],
    [['--storage', 'wal', '--data', 'x', '--max-memory', '1m'], '--max-memory means nothing'],
    [['--storage', 'wal', '--data', 'x', '--inline-fsync', '--fsync', 'never'], '--inline-fsync'],
    [['--storage', 'disk'], 'Allowed choices are'],
    [['--storage', 'wal', '--data', ''], 'must not be empty'],
  ])('%j', async (flags, message) => {
    expect(await kv('serve', '--port', '0', ...flags)).toEqual([2, '', said(message)]);
  });
});

describe('kv check and kv repair', () => {
  beforeEach(async () => {
    const server = serve();
    const client = await connect(await server.url());
    for (let i = 0; i < 10; i++) await client.hset('t', `k${i}`, BigInt(i));
    await client.close();
    server.signal('SIGTERM');
    await server.ended;
  });

  async function damage(): Promise<void> {
    const [name] = (await readdir(directory)).filter((each) => each.endsWith('.log'));
    const bytes = await readFile(join(directory, `${name}`));
    bytes.fill(0xff, bytes.length >>> 1, (bytes.length >>> 1) + 1);
    await writeFile(join(directory, `${name}`), bytes);
  }

  test('find nothing wrong with what was closed', async () => {
    expect(await kv('check', directory)).toEqual([0, said('whole; 10 changes'), '']);
    expect(await kv('repair', directory)).toEqual([0, said('nothing to repair'), '']);
  });

  test('say where the damage is, and make of it what can be made', async () => {
    await damage();
    const refused = await serve().ended;
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringMatching(/\.log is damaged/) });
    const [code, found] = await kv('check', directory);
    expect(code).toBe(3);
    // The place of the damage, once.
    expect(found.match(/\.log, byte \d+: /g)).toHaveLength(1);
    expect(found).toMatch(/changes are there, one after the other, of 10 that were durable\n$/);
    expect(await kv('repair', directory)).toEqual([0, said('repaired: it has 9 changes'), '']);
    expect(await kv('check', directory)).toEqual([0, said('whole'), '']);
    const client = await connect(await serve().url());
    expect((await client.hgetall('t')).size).toBe(9);
    await client.close();
  });

  test.each(['check', 'repair'])(
    '%s does not take no name for that of a directory',
    async (command) => {
      expect(await kv(command, '')).toEqual([2, '', said('must not be empty')]);
    },
  );

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('end on %s with %i, and leave what there is', async (signal, code) => {
    await damage();
    const before = (await readdir(directory)).sort();
    for (const command of ['check', 'repair']) {
      const io = new TestIo();
      io.signal(signal);
      expect(await run([command, directory], io)).toBe(code);
      expect([io.stdout.text, io.stderr.text]).toEqual(['', '']);
    }
    expect((await readdir(directory)).sort()).toEqual(before);
  });

  test.each(['check', 'repair'])('%s says that it goes on, if it takes long', async (command) => {
    await damage();
    const began = vi.spyOn(globalThis, 'setInterval').mockImplementationOnce((tick) => {
      tick();
      return setTimeout(() => {}, 0);
    });
    try {
      const [, , stderr] = await kv(command, directory);
      expect(stderr).toBe(`kv is ${command}ing ${directory}, for 3 seconds now\n`);
    } finally {
      began.mockRestore();
    }
  });

  test('refuse what a later version has written', async () => {
    const file = join(directory, 'kv.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"version":1', '"version":2'));
    for (const command of ['check', 'repair']) {
      expect(await kv(command, directory)).toEqual([3, '', said('a newer version')]);
    }
  });

  test('refuse what is no data directory, and what is of another engine', async () => {
    const other = await mkdtemp(join(directory, 'other-'));
    for (const command of ['check', 'repair']) {
      expect(await kv(command, other)).toEqual([3, '', said('no data directory')]);
    }
    const marker = { engine: 'cassette', version: 1, id: '0'.repeat(32) };
    await writeFile(join(other, 'kv.json'), JSON.stringify(marker));
    for (const command of ['check', 'repair']) {
      expect(await kv(command, other)).toEqual([3, '', said("data of 'cassette'")]);
    }
  });
});
