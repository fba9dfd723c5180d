import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkWal, repairWal } from './check-wal.js';
import { WalStorage } from './wal-storage.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-check-'));
  const storage = await WalStorage.open({ directory });
  for (let i = 0; i < 10; i++) await storage.set('t', `k${i}`, BigInt(i));
  await storage.close();
});
afterEach(() => rm(directory, { recursive: true }));

/** All files and what is in them. */
async function contents(): Promise<Map<string, string>> {
  const names = (await readdir(directory)).sort();
  const files = names.map(async (name) => {
    return [name, await readFile(join(directory, name), 'latin1')] as const;
  });
  return new Map(await Promise.all(files));
}

/** Changes a byte in the middle of the log. */
async function damageLog(): Promise<void> {
  const [name] = (await readdir(directory)).filter((each) => each.endsWith('.log'));
  const path = join(directory, name as string);
  const bytes = await readFile(path);
  const at = bytes.length >>> 1;
  bytes[at] = (bytes[at] as number) ^ 0xff;
  await writeFile(path, bytes);
}

describe('a data directory as it was left', () => {
  it('is found whole, and nothing is written', async () => {
    const before = await contents();
    expect(await checkWal(directory)).toMatchObject({ state: 'whole', changes: 10, last: 10 });
    expect(await contents()).toEqual(before);
  });

  it('is not repaired', async () => {
    const before = await contents();
    expect(await repairWal(directory)).toMatchObject({ isRepaired: false, changes: 10 });
    expect(await contents()).toEqual(before);
  });

  it('is neither checked nor repaired while it is open', async () => {
    const storage = await WalStorage.open({ directory });
    await expect(checkWal(directory)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(repairWal(directory)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await storage.close();
  });
});

describe('a damaged data directory', () => {
  beforeEach(damageLog);

  it('is not opened, and found damaged', async () => {
    await expect(WalStorage.open({ directory })).rejects.toMatchObject({ code: 'STORAGE_FAILURE' });
    const before = await contents();
    const { state, damage } = await checkWal(directory);
    expect([state, damage?.path]).toEqual(['damaged', expect.stringMatching(/segment-.*\.log$/)]);
    expect(await contents()).toEqual(before);
  });

  it('can be opened once it is repaired, and has the rest', async () => {
    const { isRepaired, changes, setAside } = await repairWal(directory);
    expect([isRepaired, changes]).toEqual([true, 9]);
    expect(setAside).not.toHaveLength(0);
    const storage = await WalStorage.open({ directory });
    expect(await storage.getAll('t')).toHaveLength(9);
    await storage.close();
  });
});

it('what is no data directory is not checked', async () => {
  const other = await mkdtemp(join(directory, 'other-'));
  await expect(checkWal(other)).rejects.toMatchObject({ code: 'STORAGE_FAILURE' });
  await writeFile(
    join(other, 'kv.json'),
    '{"engine":"level","version":1,"id":"00000000000000000000000000000000"}\n',
  );
  await expect(checkWal(other)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});
