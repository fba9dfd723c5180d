import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KvError, Value } from '@kv/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settled } from './testing/simulated-clock.js';
import { type Call, failure, SimulatedFileSystem } from './testing/simulated-file-system.js';
import { contentsOf, openStorage, type TestStorage } from './testing/test-storage.js';
import type { WalStorage, WalStorageOptions } from './wal-storage.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-wal-failures-'));
});
afterEach(() => rm(directory, { recursive: true }));

const MODES: readonly Partial<WalStorageOptions>[] = [
  { fsync: 'always' },
  { fsync: 'always', inline: true },
  { fsync: 'everysec' },
  { fsync: 'never' },
];
const CODES = ['ENOSPC', 'EIO'] as const;
const WRITES = 18;

/** Has some calls fail: from one on, so many. */
function failing(index: number, code: string, count: number): (call: Call) => void {
  return (call) => {
    if (call.index >= index && call.index < index + count) throw failure(code, call.path);
  };
}

/** What happened to a storage while something failed. */
interface Story {
  /** What the writes that were acknowledged have left. */
  readonly kept: Map<string, Value>;
  /** What failed, whatever was called. */
  readonly errors: KvError[];
  /** What writes failed with, one by one; `undefined` for those that did not. */
  readonly writes: (KvError | undefined)[];
  /** What stats said at the end. */
  state: string;
}

/** Opens a storage, writes to it and takes snapshots, lets time pass, closes it; goes on whatever fails. */
async function story(
  fileSystem: SimulatedFileSystem,
  mode: Partial<WalStorageOptions>,
): Promise<Story> {
  const told: Story = { kept: new Map(), errors: [], writes: [], state: 'not open' };
  const note = (error: unknown): undefined => void told.errors.push(error as KvError);
  const opened = await openStorage(directory, fileSystem, { ...mode, segmentBytes: 512 }).catch(
    note,
  );
  if (opened === undefined) return told;
  const { storage, clock } = opened;
  for (let i = 1; i <= WRITES; i++) {
    await write(storage, i, told).catch(note);
    expect(await contents(storage)).toEqual(Object.fromEntries(told.kept));
    await settled();
    if (i % 6 === 0) await storage.snapshot().catch(note);
    if (i % 3 === 0) await clock.pass(1000);
  }
  told.state = storage.stats().state;
  await storage.close().catch(note);
  expect(fileSystem.openFiles).toBe(0);
  return told;
}

/** One write, of several ops; what it leaves is kept if it is acknowledged. */
async function write(storage: WalStorage, i: number, { kept, writes }: Story): Promise<void> {
  const [key, value, gone] = [`key ${i}`, `value ${i}`, `key ${i - 2}`];
  try {
    await storage.write('t', [
      { op: 'set', key, value },
      { op: 'set', key: 'last', value },
      { op: 'delete', key: gone },
    ]);
  } catch (error) {
    writes.push(error as KvError);
    throw error;
  }
  writes.push(undefined);
  kept.set(key, value).set('last', value).delete(gone);
}

async function contents(storage: WalStorage): Promise<Readonly<Record<string, Value>>> {
  const { t = {} } = await contentsOf(storage, ['t']);
  return t;
}

/** What is there when nothing fails any more. */
async function reopened(fileSystem: SimulatedFileSystem): Promise<Readonly<Record<string, Value>>> {
  fileSystem.onCall = () => {};
  const { storage } = await openStorage(directory, fileSystem);
  const found = await contents(storage);
  await storage.close();
  return found;
}

/** How many calls there are if none fails. */
async function callsOf(mode: Partial<WalStorageOptions>): Promise<number> {
  const fileSystem = new SimulatedFileSystem();
  const { errors } = await story(fileSystem, mode);
  expect(errors).toEqual([]);
  return fileSystem.calls;
}

describe.each(MODES)('a storage with %o', (mode) => {
  it.each(CODES)(
    'has all that was acknowledged, and nothing else, whichever call fails with %s',
    async (code) => {
      const calls = await callsOf(mode);
      let failures = 0;
      for (let n = 0; n < calls; n++) {
        const fileSystem = new SimulatedFileSystem();
        let failed: Call | undefined;
        const fail = failing(n, code, 1);
        fileSystem.onCall = (call) => {
          if (call.index === n) failed = call;
          fail(call);
        };
        const { kept, errors, writes, state } = await story(fileSystem, mode);
        for (const error of errors) {
          expect(error).toMatchObject({ code: 'STORAGE_FAILURE', cause: { code } });
        }
        failures += errors.length;
        expect([failed, await reopened(fileSystem)]).toEqual([failed, Object.fromEntries(kept)]);
        // There is room again; but what the system may have lost it does not find again.
        if (code === 'ENOSPC' && failed?.operation !== 'datasync' && state !== 'not open') {
          expect([failed, state]).toEqual([failed, 'open']);
          expect(writes.filter((error) => error !== undefined).length).toBeLessThanOrEqual(1);
        }
      }
      expect(failures).toBeGreaterThan(10);
    },
    60_000,
  );

  it.each(CODES)(
    'has all that was acknowledged, and nothing else, if all fails with %s from any call on',
    async (code) => {
      const calls = await callsOf(mode);
      for (let n = 0; n < calls; n++) {
        const fileSystem = new SimulatedFileSystem();
        fileSystem.onCall = failing(n, code, Number.POSITIVE_INFINITY);
        const { kept, writes, state } = await story(fileSystem, mode);
        // Once a write has failed, all do.
        const first = writes.findIndex((error) => error !== undefined);
        if (first >= 0) {
          expect(writes.slice(first)).not.toContain(undefined);
          expect(state).toBe('read-only');
        }
        expect(await reopened(fileSystem)).toEqual(Object.fromEntries(kept));
      }
    },
    60_000,
  );
});

describe.each(MODES)('a storage with %o whose disk fails', (mode) => {
  /** Opens one with an entry, has the writing of blocks fail, and a write with it. */
  async function fail(code: string): Promise<TestStorage & { fileSystem: SimulatedFileSystem }> {
    const fileSystem = new SimulatedFileSystem();
    const opened = await openStorage(directory, fileSystem, mode);
    await opened.storage.set('t', 'a', 1n);
    fileSystem.onCall = ({ operation, path }) => {
      const isWrite = operation === 'write' || operation === 'writeSync';
      if (isWrite && path.endsWith('.log')) throw failure(code, path);
    };
    await expect(opened.storage.set('t', 'a', 2n)).rejects.toMatchObject({
      code: 'STORAGE_FAILURE',
      cause: { code },
    });
    await settled();
    return { ...opened, fileSystem };
  }

  it.each(CODES)('says that it is read-only after %s, and why, and is read', async (code) => {
    const { storage } = await fail(code);
    expect(storage.stats()).toMatchObject({
      state: 'read-only',
      problem: 'The log could not be written',
      committed: 1,
    });
    expect(await storage.get('t', 'a')).toBe(1n);
    await expect(storage.del('t', 'a')).rejects.toMatchObject({ code: 'STORAGE_FAILURE' });
    expect(await storage.getAll('t')).toEqual([['a', 1n]]);
    await storage.close();
  });

  it('takes writes again when there is room', async () => {
    const { storage, fileSystem, clock } = await fail('ENOSPC');
    fileSystem.onCall = () => {};
    await clock.pass(1000);
    // Somebody has to want it: that is when it is tried.
    await expect(storage.set('t', 'a', 3n)).rejects.toMatchObject({ code: 'STORAGE_FAILURE' });
    await settled();
    expect(storage.stats()).toMatchObject({ state: 'open', problem: undefined });
    expect(await storage.set('t', 'a', 4n)).toBe(1n);
    await storage.close();
    expect(await reopened(fileSystem)).toEqual({ a: 4n });
  });

  it('takes none any more when the system may have lost something, until it is opened anew', async () => {
    const { storage, fileSystem, clock } = await fail('EIO');
    fileSystem.onCall = () => {};
    for (let i = 0; i < 3; i++) {
      await clock.pass(1000);
      await expect(storage.set('t', 'a', 3n)).rejects.toMatchObject({ code: 'STORAGE_FAILURE' });
      await settled();
    }
    expect(storage.stats().state).toBe('read-only');
    await storage.close();
    expect(await reopened(fileSystem)).toEqual({ a: 1n });
  });

  it('has nobody see a write that failed, whoever read meanwhile', async () => {
    const fileSystem = new SimulatedFileSystem();
    const { storage } = await openStorage(directory, fileSystem, mode);
    await storage.set('t', 'a', 1n);
    fileSystem.onCall = ({ path }) => {
      if (path.endsWith('.log')) throw failure('ENOSPC', path);
    };
    const written = storage.set('t', 'a', 2n);
    const reads = [storage.get('t', 'a'), storage.getAll('t'), storage.contains('t', 'b')];
    await expect(written).rejects.toMatchObject({ code: 'STORAGE_FAILURE' });
    expect(await Promise.all(reads)).toEqual([1n, [['a', 1n]], false]);
    fileSystem.onCall = () => {};
    await storage.close();
  });
});
