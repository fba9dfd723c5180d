import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KvError } from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as diskSpace from './disk-space.js';
import { Environment } from './environment.js';

vi.mock('./disk-space.js', { spy: true });

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'kv-environment-'));
});
afterEach(async () => {
  vi.doUnmock('lmdb');
  await rm(path, { recursive: true });
});

/** What of the driver a test has taken the place of. */
interface Fake {
  batch?(): Promise<unknown>;
  transactionSync?(): void;
  get?(): unknown;
}

/** Opens an environment on a driver that is not one. */
async function openOn(fake: Fake): Promise<Environment> {
  vi.doMock('lmdb', () => ({ open: () => ({ transactionSync: () => {}, ...fake }) }));
  return Environment.open(path, { sync: true, mapSize: undefined });
}

/** How the driver tells that a commit has failed. */
function failedCommit(cause: Error): Promise<never> {
  return Promise.reject(
    Object.assign(new Error('Commit failed'), { commitError: Promise.reject(cause) }),
  );
}

const changes = [{ table: 't', key: 'k', record: undefined }];

describe('a commit that fails', () => {
  it('says why, and takes care that nothing is rejected which nobody hears of', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const cause = Object.assign(new Error('Input/output error'), { code: 5 });
    const environment = await openOn({ batch: () => failedCommit(cause) });
    await expect(environment.commit(changes)).rejects.toMatchObject({
      code: 'STORAGE_FAILURE',
      message: 'The database cannot be written',
      cause,
    });
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('is not begun where the disk is full, since the driver may end the process then', async () => {
    const batch = vi.fn<() => Promise<unknown>>().mockResolvedValue(true);
    const environment = await openOn({ batch });
    const room = vi.spyOn(diskSpace, 'hasRoom').mockReturnValueOnce(false);
    await expect(environment.commit(changes)).rejects.toMatchObject({
      code: 'STORAGE_FAILURE',
      message: 'The database cannot be written: the disk is full',
    });
    expect(batch).not.toHaveBeenCalled();
    await environment.commit(changes);
    expect(batch).toHaveBeenCalledOnce();
    room.mockRestore();
  });

  it('is followed by another if LMDB can go on', async () => {
    const batch = vi.fn<() => Promise<unknown>>();
    const environment = await openOn({ batch, get: () => 'there' });
    batch.mockImplementationOnce(() => failedCommit(new Error('Input/output error')));
    await expect(environment.commit(changes)).rejects.toThrow(KvError);
    batch.mockResolvedValueOnce(true);
    await environment.commit(changes);
    expect(environment.get('t', 'k')).toBe('there');
  });

  it('is the last if LMDB has given up, since the driver would never end another', async () => {
    const batch = vi.fn(() => failedCommit(cause));
    const cause = new Error('Input/output error');
    const givenUp = (): never => {
      throw new Error('MDB_PANIC');
    };
    const environment = await openOn({ batch, transactionSync: givenUp, get: givenUp });
    const broken = {
      code: 'STORAGE_FAILURE',
      message: 'The database has failed while it was written; it has to be opened anew',
      cause,
    };
    await expect(environment.commit(changes)).rejects.toMatchObject({ cause });
    await expect(environment.commit(changes)).rejects.toMatchObject(broken);
    expect(batch).toHaveBeenCalledOnce();
    expect(() => environment.get('t', 'k')).toThrow(expect.objectContaining(broken));
  });
});

describe('the driver', () => {
  it.each([true, false])('syncs, if it is to (%s), before a commit is one', async (sync) => {
    const open = vi.fn();
    vi.doMock('lmdb', () => ({ open }));
    await Environment.open(path, { sync, mapSize: 2 ** 30 });
    expect(open).toHaveBeenCalledWith(
      expect.objectContaining({
        path,
        noSync: !sync,
        overlappingSync: false,
        eventTurnBatching: false,
        mapSize: 2 ** 30,
      }),
    );
  });
});
