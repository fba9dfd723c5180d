import { copyFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DATA_FILE } from './data-file.js';
import { LmdbStorage } from './lmdb-storage.js';

/** The root of what has no entries. */
const NONE = 2n ** 64n - 1n;

const ENTRIES = 500;
const textOf = (i: number): string => 'x'.repeat(i * 10);

let parent: string;
/** A directory with entries in it. */
let whole: string;
/** A copy of it, for a test to damage. */
let directory: string;
let copies = 0;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'kv-damaged-'));
  whole = join(parent, 'whole');
  const storage = await LmdbStorage.open({ directory: whole, sync: false });
  for (let i = 0; i < ENTRIES; i++) await storage.set('table', `key${i}`, textOf(i));
  await storage.close();
});
afterAll(() => rm(parent, { recursive: true }));

beforeEach(async () => {
  directory = join(parent, `copy${copies++}`);
  await mkdir(directory);
  for (const name of ['kv.json', DATA_FILE])
    await copyFile(join(whole, name), join(directory, name));
});

const dataFile = (): string => join(directory, DATA_FILE);
const open = (): Promise<LmdbStorage> => LmdbStorage.open({ directory, sync: false });

async function expectDamaged(): Promise<void> {
  const before = await readFile(dataFile());
  await expect(open()).rejects.toMatchObject({
    code: 'STORAGE_FAILURE',
    message: `LMDB cannot be opened in ${directory}: data.mdb is damaged, or not LMDB's; restore the directory from a backup`,
  });
  expect((await readFile(dataFile())).equals(before)).toBe(true);
}

describe('a directory is opened', () => {
  it('of which all is there', async () => {
    const storage = await open();
    expect((await storage.getAll('table')).length).toBe(ENTRIES);
    await storage.close();
  });

  it('in which nothing was stored when the power failed', async () => {
    await truncate(dataFile());
    const storage = await open();
    expect(await storage.getAll('table')).toEqual([]);
    await storage.close();
  });
});

// Each of these would end the process, were it left to the driver.
describe('a directory is refused, and left as it is,', () => {
  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['in which there is something else', () => Buffer.from('x'.repeat(10_000))],
    ['in which there are zeros', ({ length }) => Buffer.alloc(length)],
    ['in which there is hardly anything', (bytes) => bytes.subarray(0, 100)],
    ['in which the second page is missing', (bytes) => bytes.subarray(0, bytes.readUInt32LE(48))],
    ['in which the root is missing', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['whose first page is not what it was', (bytes) => damaged(bytes, 24)],
    [
      'whose second page is not what it was',
      (bytes) => damaged(bytes, bytes.readUInt32LE(48) + 24),
    ],
    ['of which nobody knows how long pages are', (bytes) => damaged(bytes, 48)],
    ['of a version that is not known', (bytes) => damaged(bytes, 28)],
  ])('%s', async (_, damage) => {
    await writeFile(dataFile(), damage(await readFile(dataFile())));
    await expectDamaged();
  });

  it('and is free again for who restores it', async () => {
    await writeFile(dataFile(), 'damaged');
    await expectDamaged();
    await copyFile(join(whole, DATA_FILE), dataFile());
    const storage = await open();
    expect(storage.get('table', 'key1')).toBe(textOf(1));
    await storage.close();
  });

  it('in which a folder has the name of a file', async () => {
    await rm(dataFile());
    await mkdir(dataFile());
    await expect(open()).rejects.toMatchObject({
      code: 'STORAGE_FAILURE',
      cause: { code: 'EISDIR' },
    });
    await rm(dataFile(), { recursive: true });
    await mkdir(join(directory, 'lock.mdb'));
    await expect(open()).rejects.toMatchObject({
      code: 'STORAGE_FAILURE',
      cause: { code: 'EISDIR' },
    });
  });
});

it('entries that were at the end of a file which has lost it fail, and no others', async () => {
  const bytes = await readFile(dataFile());
  const pageBytes = bytes.readUInt32LE(48);
  const roots = [88, 136, pageBytes + 88, pageBytes + 136].map((at) => bytes.readBigUInt64LE(at));
  const last = Math.max(...roots.filter((root) => root !== NONE).map(Number));
  await truncate(dataFile(), (last + 1) * pageBytes);
  const storage = await open();
  let lost = 0;
  for (let i = 0; i < ENTRIES; i++) {
    try {
      expect(storage.get('table', `key${i}`)).toBe(textOf(i));
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORAGE_FAILURE' });
      lost++;
    }
  }
  expect(lost).toBeGreaterThan(0);
  expect(lost).toBeLessThan(ENTRIES / 2);
  expect(() => storage.getAll('table')).toThrow(
    expect.objectContaining({ code: 'STORAGE_FAILURE' }),
  );
  await storage.close();
});

/** The bytes, one of which is another. */
function damaged(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] as number) ^ 1;
  return bytes;
}
