import { type FileHandle, mkdtemp, open as openFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry, PageRequest, Value } from '@kv/core';
import { DataDirectory } from '@kv/data-directory';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { LmdbStorage, type LmdbStorageOptions } from './lmdb-storage.js';

let directory: string;
let storage: LmdbStorage;

async function open(options: Partial<LmdbStorageOptions> = {}): Promise<LmdbStorage> {
  storage = await LmdbStorage.open({ directory, sync: false, ...options });
  return storage;
}

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'kv-lmdb-')), 'a.directory');
  await open();
});
afterEach(async () => {
  // Those that a test has closed already say so.
  await storage.close().catch(() => {});
  await rm(join(directory, '..'), { recursive: true });
});

const WHOLE: PageRequest = { position: undefined, prefix: '', limit: 100, maxBytes: 2 ** 30 };

/** Keys of which the first 2,000 bytes are the same, in no order, and others around them. */
const LONG = ['c', 'a', 'ü', 'b', 'aa', '', '😀', '\uffff', 'x'.repeat(2000)].map(
  (end) => `${'k'.repeat(2000)}${end}`,
);
const AROUND = ['k', 'k'.repeat(1000), 'k'.repeat(1939), `${'k'.repeat(1938)}l`, 'l', 'j'];

const byBytes = ([a]: Entry, [b]: Entry): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Stores each key with itself as the value; gives the entries in order. */
async function storeKeys(keys: readonly string[]): Promise<Entry[]> {
  await Promise.all(keys.map((key) => storage.set('table', key, key)));
  return keys.map((key): Entry => [key, key]).sort(byBytes);
}

async function iterate(entries: ReturnType<LmdbStorage['getIter']>): Promise<Entry[]> {
  const seen: Entry[] = [];
  for await (const entry of entries) seen.push(entry);
  return seen;
}

/** The entries of all pages of a scan. */
async function scan(request: Partial<PageRequest>): Promise<Entry[]> {
  const entries: Entry[] = [];
  let position: Uint8Array | undefined;
  do {
    const page = await storage.scan('table', { ...WHOLE, ...request, position });
    entries.push(...page.entries);
    position = page.next;
  } while (position !== undefined);
  return entries;
}

describe('a storage in LMDB', () => {
  it('declares that it keeps and orders entries, and iterates over snapshots', () => {
    expect(storage.capabilities).toEqual({
      persistent: true,
      ordered: true,
      snapshotIteration: true,
      lane: false,
      feed: false,
    });
  });

  it('reads at once what is not being written, while something else is', async () => {
    await storage.set('table', 'key', 'value');
    const setting = [storage.set('table', 'other', 1n), storage.set('other', 'key', 1n)];
    expect([
      storage.get('table', 'key'),
      storage.get('table', 'none'),
      storage.contains('table', 'key'),
      storage.getMany('table', ['key', 'none']),
      storage.getAll('third'),
      storage.scan('third', WHOLE),
      [...(storage.getIter('third') as Iterable<Entry>)],
    ]).toEqual([
      'value',
      undefined,
      true,
      ['value', undefined],
      [],
      { entries: [], next: undefined },
      [],
    ]);
    await Promise.all(setting);
    expect(storage.getAll('table')).toEqual([
      ['key', 'value'],
      ['other', 1n],
    ]);
  });

  it('never answers with what is not committed, nor with what it has replaced', async () => {
    await storage.set('table', 'key', 'old');
    const setting = storage.set('table', 'key', 'new');
    const reads = [
      storage.get('table', 'key'),
      storage.contains('table', 'key'),
      storage.getMany('table', ['none', 'key']),
      storage.getAll('table'),
      storage.scan('table', WHOLE),
    ];
    for (const read of reads) expect(read).toBeInstanceOf(Promise);
    const iterating = iterate(storage.getIter('table'));
    expect(await setting).toBe('old');
    expect(storage.get('table', 'key')).toBe('new');
    const all = [['key', 'new']];
    expect(await Promise.all([...reads, iterating])).toEqual([
      ...['new', true, [undefined, 'new'], all, { entries: all, next: undefined }],
      all,
    ]);
  });

  it('commits what comes together together', async () => {
    const { commits } = storage.stats();
    await storeKeys(Array.from({ length: 500 }, (_, i) => `key${i}`));
    expect(storage.stats()).toMatchObject({ commits: commits + 1, entries: 500 });
  });

  it('tells what it is doing', async () => {
    const setting = storage.set('table', 'key', 'x'.repeat(100_000));
    expect(storage.stats()).toMatchObject({ pendingChanges: 1, entries: 0, iterations: 0 });
    await setting;
    const { fileBytes, mapBytes, ...figures } = storage.stats();
    expect(figures).toEqual({
      ...{ entries: 1, pendingChanges: 0, commits: 1, failedCommits: 0, iterations: 0 },
    });
    expect(fileBytes).toBeGreaterThan(100_000);
    expect(mapBytes).toBeGreaterThanOrEqual(fileBytes);
  });

  it('gives values that are larger than the buffers of the driver, as copies', async () => {
    const bytes = new Uint8Array(17 * 2 ** 20).fill(7);
    const text = 'ü'.repeat(9 * 2 ** 20);
    await storage.write('table', [
      { op: 'set', key: 'bytes', value: bytes },
      { op: 'set', key: 'text', value: text },
    ]);
    const answered = storage.get('table', 'bytes') as Uint8Array;
    answered.fill(8, 0, 10);
    const again = storage.get('table', 'bytes') as Uint8Array;
    expect(Buffer.compare(again, bytes)).toBe(0);
    expect(storage.get('table', 'text') === text).toBe(true);
    const all = storage.getAll('table') as Entry[];
    expect(all.map(([key, value]) => [key, (value as string).length])).toEqual([
      ['bytes', bytes.length],
      ['text', text.length],
    ]);
  });

  it('grows with the data, from as much memory as is said', async () => {
    await storage.close();
    await open({ mapSize: 64 * 1024 * 1024 });
    expect(storage.stats().mapBytes).toBe(64 * 1024 * 1024);
    const values = Array.from({ length: 9 }, (_, i) => new Uint8Array(10 * 2 ** 20).fill(i));
    for (const [i, value] of values.entries()) await storage.set('table', `key${i}`, value);
    for (const [i, value] of values.entries()) {
      expect(Buffer.compare(storage.get('table', `key${i}`) as Uint8Array, value)).toBe(0);
    }
    expect(storage.stats().mapBytes).toBeGreaterThan(90 * 2 ** 20);
  });

  it('refuses an option that there is not', async () => {
    const misspelt: object = { mapsize: 1 };
    await storage.close();
    await expect(open(misspelt)).rejects.toThrow(
      new TypeError("There is no option 'mapsize' of an LmdbStorage"),
    );
    // And has not kept the directory for itself.
    await open();
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a mapSize of %d', async (mapSize) => {
    await storage.close();
    await expect(open({ mapSize })).rejects.toThrow(RangeError);
    // And has not kept the directory for itself.
    await open();
  });
});

describe('names', () => {
  it('of tables may have 1,024 bytes; longer ones are refused', async () => {
    const [longest, longer] = ['é'.repeat(512), `${'é'.repeat(512)}e`];
    await storage.set(longest, 'k'.repeat(4096), 'value');
    expect(storage.getAll(longest)).toEqual([['k'.repeat(4096), 'value']]);
    const refused = expect.objectContaining({
      code: 'TOO_LARGE',
      message: 'The table exceeds the limit of 1024 bytes',
    });
    expect(() => storage.set(longer, 'key', 'value')).toThrow(refused);
    expect(() => storage.get(longer, 'key')).toThrow(refused);
    expect(() => storage.scan(longer, WHOLE)).toThrow(refused);
  });

  it('of keys may be longer than LMDB takes, and are in order all the same', async () => {
    const entries = await storeKeys([...LONG, ...AROUND]);
    expect(storage.getAll('table')).toEqual(entries);
    expect(await iterate(storage.getIter('table'))).toEqual(entries);
    expect(storage.getMany('table', LONG)).toEqual(LONG);
    for (const key of LONG) expect(await storage.del('table', key)).toBe(key);
    expect(storage.getMany('table', LONG)).toEqual(LONG.map(() => undefined));
    expect((await storage.getAll('table')).length).toBe(AROUND.length);
  });

  it('of keys of which the beginnings are the same come in a scan, each once', async () => {
    const entries = await storeKeys([...LONG, ...AROUND]);
    for (const limit of [1, 2, 5, 100]) {
      expect((await scan({ limit })).sort(byBytes)).toEqual(entries);
    }
  });

  it.each(['k', 'k'.repeat(1939), 'k'.repeat(2000), `${'k'.repeat(2000)}a`, `${'k'.repeat(2001)}`])(
    'of keys are found by a prefix, however long: case %#',
    async (prefix) => {
      const entries = await storeKeys([...LONG, ...AROUND, 'm', `${'k'.repeat(1999)}z`]);
      const expected = entries.filter(([key]) => key.startsWith(prefix));
      for (const limit of [1, 100]) {
        expect((await scan({ limit, prefix })).sort(byBytes)).toEqual(expected);
      }
    },
  );

  it('of keys that are many, and of which few have a prefix, come in several pages', async () => {
    const head = 'k'.repeat(2000);
    const ops = Array.from({ length: 10_500 }, (_, i) => ({
      op: 'set' as const,
      key: `${head}${i}`,
      value: true,
    }));
    await storage.write('table', ops);
    const first = await storage.scan('table', { ...WHOLE, prefix: `${head}123` });
    expect(first.next).toBeInstanceOf(Uint8Array);
    const found = await scan({ prefix: `${head}123` });
    expect(found.map(([key]) => key.slice(2000)).sort()).toEqual(
      ops
        .map(({ key }) => key.slice(2000))
        .filter((end) => end.startsWith('123'))
        .sort(),
    );
  });
});

describe('a page', () => {
  it('has as many entries as are asked for, and there is no next one at the end', async () => {
    const entries = await storeKeys(['a', 'b', 'c', 'd']);
    const first = await storage.scan('table', { ...WHOLE, limit: 2 });
    expect(first).toEqual({ entries: entries.slice(0, 2), next: expect.any(Uint8Array) });
    const second = await storage.scan('table', { ...WHOLE, limit: 2, position: first.next });
    expect(second).toEqual({ entries: entries.slice(2), next: undefined });
  });

  it('begins behind its position, whether or not there is such a key', async () => {
    const [, second, third] = await storeKeys(['a', 'c', 'e']);
    const after = (key: string) => storage.scan('table', { ...WHOLE, position: Buffer.from(key) });
    expect(await after('b')).toEqual({ entries: [second, third], next: undefined });
    expect(await after('c')).toEqual({ entries: [third], next: undefined });
    expect(await after('f')).toEqual({ entries: [], next: undefined });
  });

  it.each([0, 1973])('has no position of %i bytes', (length) => {
    const position = new Uint8Array(length);
    expect(() => storage.scan('table', { ...WHOLE, position })).toThrow(
      expect.objectContaining({ code: 'INVALID_COMMAND' }),
    );
  });
});

describe('an iteration', () => {
  beforeEach(() => storeKeys(['a', 'b', 'c']));

  it('holds nothing before its first step, and nothing after its last', () => {
    const entries = storage.getIter('table') as Iterable<Entry>;
    const iterator = entries[Symbol.iterator]();
    expect(storage.stats().iterations).toBe(0);
    iterator.next();
    expect(storage.stats().iterations).toBe(1);
    while (!iterator.next().done);
    expect(storage.stats().iterations).toBe(0);
  });

  it('that is left early holds nothing', async () => {
    for (const _ of storage.getIter('table') as Iterable<Entry>) break;
    const setting = storage.set('table', 'd', 'd');
    for await (const _ of storage.getIter('table')) break;
    await setting;
    expect(storage.stats().iterations).toBe(0);
  });

  it('that is left early keeps no pages that are replaced afterwards', async () => {
    const store = (): Promise<unknown> => storage.set('table', 'b', new Uint8Array(2 ** 20));
    for (let i = 0; i < 5; i++) await store();
    const { fileBytes } = storage.stats();
    for (const _ of storage.getIter('table') as Iterable<Entry>) break;
    for (let i = 0; i < 20; i++) await store();
    expect(storage.stats().fileBytes).toBeLessThan(fileBytes + 5 * 2 ** 20);
  });

  it('that nobody ends lets others read and write, and does not see it', async () => {
    const iterators = Array.from({ length: 200 }, () =>
      (storage.getIter('table') as Iterable<Entry>)[Symbol.iterator](),
    );
    for (const [i, iterator] of iterators.entries()) {
      iterator.next();
      await storage.set('table', 'b', `b${i}`);
      expect(storage.get('table', 'b')).toBe(`b${i}`);
    }
    const seen = iterators.map((iterator) => iterator.next().value);
    expect(seen).toEqual([['b', 'b'], ...iterators.slice(1).map((_, i) => ['b', `b${i}`])]);
  });

  it('goes on over what it began with, however much is written', async () => {
    const iterator = (storage.getIter('table') as Iterable<Entry>)[Symbol.iterator]();
    const first = iterator.next().value;
    for (let i = 0; i < 20; i++) await storage.set('table', `b${i}`, new Uint8Array(2 ** 20));
    await storage.write('table', [
      { op: 'delete', key: 'b' },
      { op: 'delete', key: 'c' },
    ]);
    expect([first, iterator.next().value, iterator.next().value, iterator.next().done]).toEqual([
      ['a', 'a'],
      ['b', 'b'],
      ['c', 'c'],
      true,
    ]);
  });

  it('that is under way when the storage is closed fails with UNAVAILABLE', async () => {
    const closed = expect.objectContaining({ code: 'UNAVAILABLE' });
    const iterator = (storage.getIter('table') as Iterable<Entry>)[Symbol.iterator]();
    iterator.next();
    void storage.set('table', 'd', 'd');
    const late = storage.getIter('table') as AsyncIterable<Entry>;
    await storage.close();
    expect(() => iterator.next()).toThrow(closed);
    await expect(iterate(late)).rejects.toEqual(closed);
  });
});

describe('the directory', () => {
  it('has the data when it is opened again, whichever way they were written', async () => {
    const values: [string, Value][] = [
      ['a', 'text'],
      [LONG[0] as string, Uint8Array.of(1, 2)],
    ];
    for (const sync of [true, false, true]) {
      await storage.close();
      await open({ sync });
      for (const [key, value] of values) await storage.set(`${sync}`, key, value);
    }
    await storage.close();
    await open();
    expect(storage.getAll('true')).toEqual(values);
    expect(storage.getAll('false')).toEqual(values);
  });

  it.each([true, false])('has all of it on the disk when it is closed (sync: %s)', async (sync) => {
    await storage.close();
    const prototype = await fileHandles();
    const syncs = { data: vi.spyOn(prototype, 'datasync'), names: vi.spyOn(prototype, 'sync') };
    onTestFinished(() => void vi.restoreAllMocks());
    await open({ sync });
    await storage.set('table', 'key', 'value');
    // That the file has a name; what is in it, LMDB has synced.
    expect(syncs.names).toHaveBeenCalledTimes(sync ? 1 : 0);
    expect(syncs.data).not.toHaveBeenCalled();
    await storage.close();
    expect(syncs.data).toHaveBeenCalledTimes(sync ? 0 : 1);
  });

  it('is not kept where it cannot be told whether its files are on the disk', async () => {
    await storage.close();
    const failure = new Error('Input/output error');
    vi.spyOn(await fileHandles(), 'sync').mockRejectedValueOnce(failure);
    onTestFinished(() => void vi.restoreAllMocks());
    await expect(open({ sync: true })).rejects.toMatchObject({ cause: failure });
    await open({ sync: true });
  });

  it('is marked, and has the files of LMDB', async () => {
    await storage.close();
    expect((await readdir(directory)).sort()).toEqual([
      'data.mdb',
      'kv.json',
      'kv.lock',
      'lock.mdb',
    ]);
    const held = await DataDirectory.open(directory, { engine: 'lmdb', version: 1 });
    await held.close();
  });

  it('of another engine is refused, and left as it is', async () => {
    const other = join(directory, '..', 'other');
    const held = await DataDirectory.open(other, { engine: 'other', version: 1 });
    await held.close();
    await expect(LmdbStorage.open({ directory: other })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining("the storage engine 'other'"),
    });
    expect((await readdir(other)).sort()).toEqual(['kv.json', 'kv.lock']);
  });

  it('that is open is refused', async () => {
    await expect(LmdbStorage.open({ directory })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await storage.set('table', 'key', 'value');
  });
});

/** What all handles of files inherit from. */
async function fileHandles(): Promise<FileHandle> {
  const file = await openFile(join(directory, 'data.mdb'));
  await file.close();
  return Object.getPrototypeOf(file) as FileHandle;
}
