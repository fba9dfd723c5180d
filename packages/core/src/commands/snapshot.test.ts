import { KvError, okResponse, valueToMessage } from '@kv/protocol';
import { expect, test } from 'vitest';
import { MemoryStorage } from '../storage/memory-storage.js';
import { snapshot } from './snapshot.js';

test('snapshot answers how many bytes the storage has written', async () => {
  const storage = Object.assign(new MemoryStorage(), { snapshot: async () => ({ bytes: 4096 }) });
  expect(await snapshot({}, { storage })).toEqual(okResponse([valueToMessage(4096n)]));
});

test('snapshot is refused where the storage takes none', () => {
  expect(() => snapshot({}, { storage: new MemoryStorage() })).toThrow(
    new KvError('UNSUPPORTED', 'This storage takes no snapshots'),
  );
});
