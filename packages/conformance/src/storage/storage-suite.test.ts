import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MemoryStorage, RecordingStorage, SlabStorage } from '@kv/core';
import { afterAll, beforeAll, describe } from 'vitest';
import { HeldStorage } from '../held-storage.js';
import { CoarseStorage } from '../testing/coarse-storage.js';
import { JsonLinesStorage } from '../testing/json-lines-storage.js';
import { ModelStorage } from '../testing/model-storage.js';
import { SerialStorage } from '../testing/serial-storage.js';
import { storageSuite } from './storage-suite.js';

storageSuite({ name: 'MemoryStorage', open: () => new MemoryStorage() });

storageSuite({ name: 'SlabStorage', open: () => new SlabStorage() });

storageSuite({
  name: 'a storage of which changes are recorded',
  open: () => new RecordingStorage(new MemoryStorage()),
});

storageSuite({
  name: 'an asynchronous storage of which changes are recorded',
  open: () => new RecordingStorage(new SerialStorage(new MemoryStorage())),
});

storageSuite({
  name: 'an asynchronous storage',
  open: async () => new SerialStorage(new MemoryStorage()),
});

storageSuite({
  name: 'a storage with every capability',
  open: () => new ModelStorage(),
  reopen: (storage) => (storage as ModelStorage).reopen(),
});

storageSuite({
  name: 'a storage of which several keys share a position',
  open: () => new CoarseStorage(),
  reopen: (storage) => (storage as ModelStorage).reopen(),
});

describe('in a directory', () => {
  let directory: string;
  let opened = 0;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kv-storage-suite-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  storageSuite({
    name: 'a storage in a file',
    async open() {
      const own = join(directory, String(opened++));
      await mkdir(own);
      return JsonLinesStorage.open(own);
    },
    async reopen(storage) {
      await storage.close();
      return JsonLinesStorage.open(dirname((storage as JsonLinesStorage).path));
    },
  });
});

storageSuite({ name: 'HeldStorage', open: () => new HeldStorage() });
