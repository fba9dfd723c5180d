import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LmdbStorage } from './lmdb-storage.js';
import { LmdbProcess } from './testing/lmdb-process.js';

let directory: string;
let started: LmdbProcess | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-lmdb-'));
});
afterEach(async () => {
  started?.kill();
  await started?.ended;
  await rm(directory, { recursive: true });
});

function start(code: string, maxFileBlocks?: number): LmdbProcess {
  started = new LmdbProcess(code, directory, maxFileBlocks);
  return started;
}

it.each([true, false])(
  'a process ends by itself when its storage is closed (sync: %s)',
  async (sync) => {
    const child = start(`
    const storage = await LmdbStorage.open({ directory, sync: ${sync} });
    await storage.set('table', 'key', 'value');
    for (const entry of storage.getIter('table')) say(entry);
    for (const _ of storage.getIter('table')) break;
    storage.getIter('table')[Symbol.iterator]().next();
    await storage.close();
  `);
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.said).toEqual([['key', 'value']]);
  },
);

it('a process that forgets to close its storage ends when it has nothing else to do', async () => {
  const child = start(`
    const storage = await LmdbStorage.open({ directory });
    await storage.set('table', 'key', 'value');
    storage.get('table', 'key');
  `);
  expect(await child.ended).toEqual({ code: 0, signal: null });
  const storage = await LmdbStorage.open({ directory });
  expect(storage.get('table', 'key')).toBe('value');
  await storage.close();
});

it.each([true, false])(
  'what was answered is there after SIGKILL, and whole (sync: %s)',
  async (sync) => {
    const child = start(`
    const storage = await LmdbStorage.open({ directory, sync: ${sync} });
    for (let i = 0; ; i++) {
      const ops = ['a', 'b', 'c'].map((key) => ({ op: 'set', key: key + i % 100, value: BigInt(i) }));
      await Promise.all([storage.write('table', ops), storage.set('last', 'key', BigInt(i))]);
      say(i);
    }
  `);
    await child.saying(100);
    child.kill();
    expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
    const answered = child.said.length - 1;
    const storage = await LmdbStorage.open({ directory });
    const last = Number(storage.get('last', 'key'));
    expect(last).toBeGreaterThanOrEqual(answered);
    for (let i = last; i > last - 100; i--) {
      const keys = ['a', 'b', 'c'].map((key) => key + (i % 100));
      expect(storage.getMany('table', keys)).toEqual([BigInt(i), BigInt(i), BigInt(i)]);
    }
    await storage.set('table', 'after', true);
    expect(storage.get('table', 'after')).toBe(true);
    await storage.close();
  },
);

it('a second process is refused, and the first goes on', async () => {
  const storage = await LmdbStorage.open({ directory });
  const child = start(`
    await LmdbStorage.open({ directory }).catch(({ code, message }) => say({ code, message }));
  `);
  await child.ended;
  expect(child.said).toEqual([
    { code: 'UNAVAILABLE', message: expect.stringContaining(`(${process.pid})`) },
  ]);
  await storage.set('table', 'key', 'value');
  expect(storage.get('table', 'key')).toBe('value');
  await storage.close();
});

it('where the file cannot grow, writes fail and say so, and nothing is lost', async () => {
  const child = start(
    `
    // Without a listener, the process would be ended.
    process.on('SIGXFSZ', () => {});
    const storage = await LmdbStorage.open({ directory });
    await storage.set('table', 'first', 'value');
    let stored = 0;
    const store = (value) => storage.set('table', 'key' + stored, value).then(() => stored++);
    const failed = ({ code, message, cause }) => ({ code, message, cause: cause.message });
    let failure;
    while (failure === undefined) await store('x'.repeat(10_000)).catch((error) => (failure = failed(error)));
    say({ stored, failure });
    const both = [storage.set('table', 'large', 'x'.repeat(100_000)), storage.get('table', 'large')];
    const [set, get] = await Promise.allSettled(both);
    say({ set: set.status, get: get.status, first: storage.get('table', 'first') });
    say({ old: await storage.set('table', 'first', 'again'), now: storage.get('table', 'first') });
    await storage.close();
  `,
    2000,
  );
  expect(await child.ended).toEqual({ code: 0, signal: null });
  const [{ stored }] = child.said as [{ stored: number }];
  expect(child.said).toEqual([
    {
      stored: expect.any(Number),
      failure: {
        code: 'STORAGE_FAILURE',
        message: 'The database cannot be written',
        cause: expect.stringMatching(/./),
      },
    },
    { set: 'rejected', get: 'fulfilled', first: 'value' },
    { old: 'value', now: 'again' },
  ]);
  expect(stored).toBeGreaterThan(20);
  const storage = await LmdbStorage.open({ directory });
  expect(storage.get('table', 'first')).toBe('again');
  expect((await storage.getAll('table')).length).toBe(stored + 1);
  await storage.close();
});
