import { KvError, okResponse, valueToMessage } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { hget } from './commands/hget.js';
import { hmset } from './commands/hmset.js';
import { hset } from './commands/hset.js';
import { DEFAULT_LIMITS } from './limits.js';
import { MemoryStorage } from './storage/memory-storage.js';
import type { Storage } from './storage/storage.js';

describe('a command, called as the plain function that it is', () => {
  it('answers from the storage, at once if that does', () => {
    const storage = new MemoryStorage();
    const pair = { key: 'k', value: valueToMessage('v') };
    expect(hset({ table: 't', pair }, { storage })).toEqual(okResponse([valueToMessage(null)]));
    expect(hget({ table: 't', key: 'k' }, { storage })).toEqual(okResponse([valueToMessage('v')]));
  });

  it('answers a miss, rather than throw', () => {
    expect(hget({ table: 't', key: 'k' }, { storage: new MemoryStorage() })).toMatchObject({
      status: 404,
      message: 'Not found for table: t, key: k',
    });
  });

  it('throws a KvError for what cannot be carried out', () => {
    const context = { storage: new MemoryStorage() };
    expect(() => hget({ table: '', key: 'k' }, context)).toThrow(
      KvError.invalidCommand('table must not be empty'),
    );
    expect(() => hset({ table: 't' }, context)).toThrow(
      KvError.invalidCommand('there must be a pair'),
    );
  });

  it('has the default limits, or those of its context', () => {
    const storage = new MemoryStorage();
    const message = { table: 't', key: 'k'.repeat(4097) };
    const limits = { ...DEFAULT_LIMITS, maxKeyBytes: 4097 };
    expect(() => hget(message, { storage })).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
    expect(hget(message, { storage, limits })).toMatchObject({ status: 404 });
  });

  it('checks everything before it does anything', () => {
    const storage = new MemoryStorage();
    const pairs = [{ key: 'k', value: valueToMessage('v') }, { key: 'empty' }];
    expect(() => hmset({ table: 't', pairs }, { storage })).toThrow(
      KvError.invalidCommand('a pair must have a value'),
    );
    expect(storage.getAll('t')).toEqual([]);
  });

  it('throws, or rejects, whatever the storage does', async () => {
    const failure = new KvError('STORAGE_FAILURE', 'The disk is gone');
    const failing = (get: () => never | Promise<never>): { storage: Storage } => ({
      storage: Object.assign(new MemoryStorage(), { get }),
    });
    const throwing = failing(() => {
      throw failure;
    });
    expect(() => hget({ table: 't', key: 'k' }, throwing)).toThrow(failure);
    const rejecting = failing(() => Promise.reject(failure));
    await expect(hget({ table: 't', key: 'k' }, rejecting)).rejects.toBe(failure);
  });
});
