import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import {
  chmod,
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { KvError, type KvErrorCode } from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkClosed, DataDirectory, inspect } from './data-directory.js';
import { Holder } from './testing/holder.js';

const MINE = { engine: 'mine', version: 2 };

let parent: string;
let path: string;
const opened: DataDirectory[] = [];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'kv-directory-'));
  path = join(parent, 'data');
});
afterEach(async () => {
  for (const directory of opened.splice(0)) await directory.close();
  await rm(parent, { recursive: true });
});

async function openHere(format = MINE, at = path): Promise<DataDirectory> {
  const directory = await DataDirectory.open(at, format);
  opened.push(directory);
  return directory;
}

/** What a call fails with: a KvError that names the path and what to do. */
async function failure(code: KvErrorCode, call: Promise<unknown>): Promise<KvError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(KvError);
  expect(error).toMatchObject({ code, message: expect.stringContaining(path) });
  expect((error as KvError).message).toMatch(/;.*(give|open|update|restore|close|end|make|check) /);
  return error as KvError;
}

/** Everything in the directory, by its name. */
async function contents(): Promise<Record<string, string>> {
  const names = await readdir(path);
  const texts = await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')));
  return Object.fromEntries(names.map((name, i) => [name, texts[i] as string]));
}

describe('opening', () => {
  it('makes the directory, and those above it, and says in it whose it is', async () => {
    const deep = join(path, 'a', 'b');
    const directory = await openHere(MINE, deep);
    expect(directory.path).toBe(deep);
    expect(directory.marker).toEqual({ ...MINE, id: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(JSON.parse(await readFile(join(deep, 'kv.json'), 'utf8'))).toEqual(directory.marker);
    expect((await readdir(deep)).sort()).toEqual(['kv.json', 'kv.lock']);
  });

  it('comes to an end where the system makes no directories', async () => {
    const nowhere = '/proc/kv/data';
    await expect(DataDirectory.open(nowhere, MINE)).rejects.toMatchObject({
      code: 'STORAGE_FAILURE',
      message: expect.stringContaining(nowhere),
    });
  });

  it('is made once by those who come together', async () => {
    const deep = join(path, 'a', 'b');
    const several = Array.from({ length: 5 }, (_, i) => openHere(MINE, join(deep, `${i}`)));
    expect(await Promise.all(several)).toHaveLength(5);
  });

  it('takes a path from the working directory on', async () => {
    const directory = await openHere(MINE, relative(process.cwd(), path));
    expect(directory.path).toBe(path);
  });

  it('takes a directory that is empty, or has just what a disk of its own has', async () => {
    await mkdir(join(path, 'lost+found'), { recursive: true });
    expect((await openHere()).marker).toMatchObject(MINE);
  });

  it('finds what was there, under the same id', async () => {
    const first = await openHere();
    await writeFile(join(path, 'segment'), 'data');
    await first.close();
    const second = await openHere();
    expect(second.marker).toEqual(first.marker);
    expect(await contents()).toMatchObject({ segment: 'data' });
  });

  it('gives every directory an id of its own', async () => {
    const other = await openHere(MINE, join(parent, 'other'));
    expect((await openHere()).marker.id).not.toBe(other.marker.id);
  });

  it('takes data of an older version, and says which it is', async () => {
    const old = await openHere({ engine: 'mine', version: 1 });
    await old.close();
    expect((await openHere()).marker).toEqual(old.marker);
  });

  it('goes on where another was cut off before it had written whose the directory is', async () => {
    await mkdir(path);
    await writeFile(join(path, 'kv.lock'), '4711');
    await writeFile(join(path, 'kv.json.tmp'), '{"engine":"mi');
    expect((await openHere()).marker).toMatchObject(MINE);
    expect(Object.keys(await contents()).sort()).toEqual(['kv.json', 'kv.lock']);
  });

  it('has each on the disk before the next: the directory, the marker, the name of the marker', async () => {
    const handle = await open(parent, 'r');
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const marker = join(path, 'kv.json');
    const seen: [whole: string | undefined, named: boolean][] = [];
    const sync = vi.spyOn(prototype, 'sync').mockImplementation(async () => {
      const temporary = existsSync(`${marker}.tmp`);
      seen.push([
        temporary ? readFileSync(`${marker}.tmp`, 'utf8') : undefined,
        existsSync(marker),
      ]);
    });
    onTestFinished(() => sync.mockRestore());
    const directory = await openHere();
    expect(seen).toEqual([
      [undefined, false],
      [`${JSON.stringify(directory.marker)}\n`, false],
      [undefined, true],
    ]);
  });
});

describe('opening refuses', () => {
  it('a path at which there is a file, or on whose way there is one', async () => {
    await writeFile(path, 'mine');
    expect(await failure('STORAGE_FAILURE', openHere())).toMatchObject({
      message: expect.stringContaining('a file is in its place'),
      cause: { code: 'EEXIST' },
    });
    const below = openHere(MINE, join(path, 'below'));
    expect(await failure('STORAGE_FAILURE', below)).toMatchObject({ cause: { code: 'ENOTDIR' } });
    expect(await readFile(path, 'utf8')).toBe('mine');
  });

  it.each(['in which it would be made', 'that is empty', 'that was used before'])(
    'a directory that may not be written: one %s',
    async (which) => {
      if (which.includes('used')) await (await openHere()).close();
      else if (which.includes('empty')) await mkdir(path);
      const error = await failure('STORAGE_FAILURE', withoutPermission(openHere));
      expect(error.message).toContain('the permission is lacking');
      expect(error.cause).toMatchObject({ code: 'EACCES' });
    },
  );

  it('a disk that is full, and leaves nothing that is half', async () => {
    await mkdir(path);
    // A device that is always full, where the marker would be written.
    await symlink('/dev/full', join(path, 'kv.json.tmp'));
    const error = await failure('STORAGE_FAILURE', openHere());
    expect(error.message).toContain('the disk is full; make room');
    expect(error.cause).toMatchObject({ code: 'ENOSPC' });
    expect(await readdir(path)).not.toContain('kv.json');
    await rm(join(path, 'kv.json.tmp'));
    expect((await openHere()).marker).toMatchObject(MINE);
  });

  it('the data of another engine, and leaves it as it is', async () => {
    await (await openHere({ engine: 'other', version: 1 })).close();
    const before = await contents();
    const error = await failure('UNSUPPORTED', openHere());
    expect(error.message).toContain("data of the storage engine 'other', not 'mine'");
    expect(await contents()).toEqual(before);
  });

  it('the data of a newer version, and leaves it as it is', async () => {
    await (await openHere({ engine: 'mine', version: 3 })).close();
    const before = await contents();
    const error = await failure('UNSUPPORTED', openHere());
    expect(error.message).toContain('format 3, and this version reads 2');
    expect(await contents()).toEqual(before);
  });

  it('a directory with files in it of which nothing says that they are ours', async () => {
    await mkdir(path);
    for (const name of ['d', 'b', 'a', 'c']) await writeFile(join(path, name), name);
    const error = await failure('STORAGE_FAILURE', openHere());
    expect(error.message).toContain('files in it (a, b, c, …)');
    expect(await contents()).toEqual({ a: 'a', b: 'b', c: 'c', d: 'd' });
  });

  it.each([
    '',
    '{"engine":"mine","version":2,"id":"0',
    'null',
    '[]',
    '{}',
    '{"engine":"","version":2,"id":"00000000000000000000000000000000"}',
    '{"engine":"mine","version":0,"id":"00000000000000000000000000000000"}',
    '{"engine":"mine","version":"2","id":"00000000000000000000000000000000"}',
    '{"engine":"mine","version":2,"id":"short"}',
  ])('a marker that makes no sense: %s', async (text) => {
    await mkdir(path);
    await writeFile(join(path, 'kv.json'), text);
    const error = await failure('STORAGE_FAILURE', openHere());
    expect(error.message).toContain(`${join(path, 'kv.json')} is damaged`);
    expect(await contents()).toEqual({ 'kv.json': text });
  });
});

describe('a directory that is open', () => {
  it('cannot be opened again in this process, until it is closed', async () => {
    const directory = await openHere();
    const error = await failure('UNAVAILABLE', openHere());
    expect(error.message).toContain('open in this process already');
    await directory.close();
    expect((await openHere()).marker).toEqual(directory.marker);
  });

  it('was opened by one, however many try at the same time', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => openHere()));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const attempt of attempts) {
      if (attempt.status === 'rejected')
        expect(attempt.reason).toMatchObject({ code: 'UNAVAILABLE' });
    }
  });

  it('cannot be opened in another process', async () => {
    const directory = await openHere();
    const shut = await Holder.start(path, MINE);
    await shut.end('itself');
    expect(shut.answer).toEqual({ code: 'UNAVAILABLE' });
    await directory.close();
    const allowed = await Holder.start(path, MINE);
    await allowed.end('itself');
    expect(allowed.answer).toEqual({ id: directory.marker.id });
  });

  it.each(['itself', 'SIGKILL'] as const)(
    'in another process can be opened when that has ended, by %s',
    async (how) => {
      const holder = await Holder.start(path, MINE);
      const error = await failure('UNAVAILABLE', openHere());
      expect(error.message).toContain(`open in another process (${holder.pid}) already`);
      await holder.end(how);
      expect((await openHere()).marker.id).toBe(holder.answer.id);
    },
  );

  it('is not kept open by a process that was started meanwhile', async () => {
    const directory = await openHere();
    const child = spawn(process.execPath, ['--eval', 'process.stdin.resume()']);
    await once(child, 'spawn');
    await directory.close();
    expect((await openHere()).marker).toEqual(directory.marker);
    child.stdin.end();
    await once(child, 'exit');
  });

  it('may be closed twice', async () => {
    const directory = await openHere();
    await directory.close();
    const next = await openHere();
    await directory.close();
    await failure('UNAVAILABLE', openHere());
    await next.close();
  });
});

describe('making sure that a directory is closed', () => {
  it('fails while it is open, here or in another process, and writes nothing', async () => {
    const here = await openHere();
    const error = await failure('UNAVAILABLE', checkClosed(path));
    expect(error.message).toContain('is open in this process already');
    await here.close();
    await checkClosed(path);
    const holder = await Holder.start(path, MINE);
    const before = await contents();
    const elsewhere = await failure('UNAVAILABLE', checkClosed(path));
    expect(elsewhere.message).toContain(`another process (${holder.pid})`);
    expect(await contents()).toEqual(before);
    await holder.end('SIGKILL');
    await checkClosed(path);
  });

  it('keeps nobody from opening it, and makes no file', async () => {
    const directory = await openHere();
    await directory.close();
    await checkClosed(path);
    await (await openHere()).close();
    await rm(join(path, 'kv.lock'));
    await checkClosed(path);
    expect(await readdir(path)).toEqual(['kv.json']);
  });
});

describe('inspecting', () => {
  it('tells whose a directory is, open or not, and writes nothing', async () => {
    const directory = await openHere();
    expect(await inspect(path)).toEqual(directory.marker);
    await directory.close();
    await rm(join(path, 'kv.lock'));
    expect(await inspect(path)).toEqual(directory.marker);
    expect(await readdir(path)).toEqual(['kv.json']);
  });

  it('says what is the matter where there is no marker', async () => {
    const missing = await failure('STORAGE_FAILURE', inspect(path));
    expect(missing.message).toContain('there is no such directory');
    await mkdir(path);
    const empty = await failure('STORAGE_FAILURE', inspect(path));
    expect(empty.message).toContain('it has no kv.json');
    expect(await readdir(path)).toEqual([]);
    await writeFile(join(path, 'kv.json'), '{');
    const damaged = await failure('STORAGE_FAILURE', inspect(path));
    expect(damaged.message).toContain('is damaged');
    const file = await failure('STORAGE_FAILURE', inspect(join(path, 'kv.json')));
    expect(file.cause).toMatchObject({ code: 'ENOTDIR' });
  });

  it('refuses what an engine cannot read, if it is asked for that', async () => {
    const { marker } = await openHere();
    expect(await inspect(path, MINE)).toEqual(marker);
    const newer = await failure('UNSUPPORTED', inspect(path, { ...MINE, version: 1 }));
    expect(newer.message).toContain("a newer version of 'mine'");
    const other = await failure('UNSUPPORTED', inspect(path, { ...MINE, engine: 'other' }));
    expect(other.message).toContain("'mine', not 'other'");
  });
});

/** Calls where nothing may be written, as a user whom that concerns. */
async function withoutPermission<T>(call: () => Promise<T>): Promise<T> {
  const directories = [parent, path].filter(existsSync);
  for (const each of directories) await chmod(each, 0o555);
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65534);
  try {
    return await call();
  } finally {
    if (root) process.seteuid?.(0);
    for (const each of directories) await chmod(each, 0o755);
  }
}
