import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SimulatedFileSystem } from '../testing/simulated-file-system.js';
import { contentsOf, openStorage } from '../testing/test-storage.js';
import type { WalStorage, WalStorageOptions } from '../wal-storage.js';

let directory: string;
let fileSystem: SimulatedFileSystem;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-give-up-'));
  fileSystem = new SimulatedFileSystem();
});
afterEach(() => rm(directory, { recursive: true }));

async function open(options: Partial<WalStorageOptions> = {}): Promise<WalStorage> {
  const { storage } = await openStorage(directory, fileSystem, options);
  await storage.set('t', 'k', 'value');
  return storage;
}

/** Has writes of snapshots wait until `go` is called; `reached` when the first of them does. */
function holdSnapshots(): { readonly reached: Promise<void>; readonly go: () => void } {
  let reach!: () => void;
  let go!: () => void;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  fileSystem.delay = (operation, path) => {
    if (operation !== 'write' || !path.includes('.kv')) return undefined;
    reach();
    return held;
  };
  return { reached, go };
}

const snapshots = (): string[] =>
  fileSystem.files(directory).filter((name) => name.includes('.kv'));

/** What is found when the storage is opened again. */
async function reopened(): Promise<unknown> {
  const { storage } = await openStorage(directory, fileSystem);
  const { t } = await contentsOf(storage, ['t']);
  await storage.close();
  return t;
}

const GIVEN_UP = {
  code: 'UNAVAILABLE',
  message: 'The snapshot was given up, since the storage is to be closed',
};

describe('closing, while a snapshot is taken', () => {
  it('gives it up, and leaves nothing of it', async () => {
    const storage = await open();
    const { reached, go } = holdSnapshots();
    const told = expect(storage.snapshot()).rejects.toMatchObject(GIVEN_UP);
    await reached;
    expect(snapshots()).toHaveLength(1);
    const closed = storage.close();
    go();
    await closed;
    await told;
    expect([snapshots(), fileSystem.openFiles]).toEqual([[], 0]);
    expect(await reopened()).toEqual({ k: 'value' });
  });

  it('warns of none that nobody has asked for', async () => {
    const onWarning = vi.fn();
    const { reached, go } = holdSnapshots();
    const storage = await open({ snapshotLogBytes: 1, onWarning });
    await reached;
    const closed = storage.close();
    go();
    await closed;
    expect(snapshots()).toEqual([]);
    expect(onWarning).not.toHaveBeenCalled();
  });

  it('takes another at the end, if one is wanted that has all', async () => {
    const storage = await open({ snapshotAtClose: true });
    const { reached, go } = holdSnapshots();
    const told = expect(storage.snapshot()).rejects.toMatchObject(GIVEN_UP);
    await reached;
    await storage.set('t', 'later', 'too');
    const closed = storage.close();
    go();
    await closed;
    await told;
    expect(snapshots()).toEqual([expect.stringMatching(/2\.kv$/)]);
    expect(await reopened()).toEqual({ k: 'value', later: 'too' });
  });

  it('takes it for the one at the end, if it has all', async () => {
    const storage = await open({ snapshotAtClose: true });
    const { reached, go } = holdSnapshots();
    const taken = storage.snapshot();
    await reached;
    const closed = storage.close();
    go();
    await closed;
    expect(await taken).toMatchObject({ bytes: expect.any(Number) });
    expect(snapshots()).toHaveLength(1);
    expect(await reopened()).toEqual({ k: 'value' });
  });
});

describe('the signal after which there are no snapshots', () => {
  it('gives up the one at the end, and says so', async () => {
    const [onWarning, enough] = [vi.fn(), new AbortController()];
    const options = { snapshotAtClose: true, snapshotSignal: enough.signal, onWarning };
    const storage = await open(options);
    const { reached, go } = holdSnapshots();
    const closed = storage.close();
    await reached;
    enough.abort();
    go();
    await closed;
    expect([snapshots(), fileSystem.openFiles]).toEqual([[], 0]);
    expect(onWarning).toHaveBeenCalledExactlyOnceWith(
      `No snapshot could be taken at the end: ${GIVEN_UP.message}`,
    );
    expect(await reopened()).toEqual({ k: 'value' });
  });

  it('gives up one that was asked for, and has none begin', async () => {
    const enough = new AbortController();
    const storage = await open({ snapshotSignal: enough.signal });
    const { reached, go } = holdSnapshots();
    const told = expect(storage.snapshot()).rejects.toMatchObject(GIVEN_UP);
    await reached;
    enough.abort();
    go();
    await told;
    await expect(storage.snapshot()).rejects.toMatchObject(GIVEN_UP);
    expect(snapshots()).toEqual([]);
    await storage.set('t', 'later', 'too');
    await storage.close();
    expect(await reopened()).toEqual({ k: 'value', later: 'too' });
  });
});
