import { KvError, MemoryStorage, type Storage } from '@kv/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TestIo } from './testing/test-io.js';
import { whileOpening } from './while-opening.js';

let io: TestIo;
beforeEach(() => {
  io = new TestIo();
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** An opening that goes on until the test says otherwise. */
function opening(): Unsettled {
  let resolve!: (storage: Storage) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<Storage>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

interface Unsettled {
  readonly promise: Promise<Storage>;
  readonly resolve: (storage: Storage) => void;
  readonly reject: (error: unknown) => void;
}

it('says that it goes on, if it takes long', async () => {
  const { promise, resolve } = opening();
  const opened = whileOpening('data', promise, io);
  vi.advanceTimersByTime(3_000);
  expect(io.stderr.text).toBe('kv is opening data, for 3 seconds now\n');
  const storage = new MemoryStorage();
  resolve(storage);
  expect(await opened).toBe(storage);
});

it('closes what was opened when nobody wants it any more', async () => {
  const { promise, resolve } = opening();
  const opened = whileOpening('data', promise, io);
  io.signal('SIGTERM');
  const storage = new MemoryStorage();
  resolve(storage);
  expect(await opened).toBeUndefined();
  expect(() => storage.get('t', 'k')).toThrow('closed');
});

it('takes an opening that was ended for what was wanted, and no other failure', async () => {
  const cancelled = new KvError('CANCELLED', 'The opening was ended');
  await expect(whileOpening('data', Promise.reject(cancelled), io)).rejects.toBe(cancelled);
  io.signal('SIGINT');
  expect(await whileOpening('data', Promise.reject(cancelled), io)).toBeUndefined();
  const damaged = new KvError('STORAGE_FAILURE', 'It is damaged');
  await expect(whileOpening('data', Promise.reject(damaged), io)).rejects.toBe(damaged);
});
