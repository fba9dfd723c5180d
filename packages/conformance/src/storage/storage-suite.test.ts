import { MemoryStorage, SlabStorage } from '@kv/core';
import { HeldStorage } from '../held-storage.js';
import { CoarseStorage } from '../testing/coarse-storage.js';
import { ModelStorage } from '../testing/model-storage.js';
import { SerialStorage } from '../testing/serial-storage.js';
import { storageSuite } from './storage-suite.js';

storageSuite({ name: 'MemoryStorage', open: () => new MemoryStorage() });

storageSuite({ name: 'SlabStorage', open: () => new SlabStorage() });

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

storageSuite({ name: 'HeldStorage', open: () => new HeldStorage() });
