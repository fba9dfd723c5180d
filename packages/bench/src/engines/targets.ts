import type { OpenEngine } from './target.js';

/** What is measured, by the name under which it is shown. */
export type EngineName = 'LevelStorage' | 'classic-level' | 'LmdbStorage' | 'lmdb';

/** All engines that are measured. Each is loaded only by the process that measures it. */
export const ENGINES: Readonly<Record<EngineName, OpenEngine>> = {
  LevelStorage: async (...args) =>
    (await import('./targets/level-storage.js')).openLevelStorage(...args),
  'classic-level': async (...args) =>
    (await import('./targets/classic-level.js')).openClassicLevel(...args),
  LmdbStorage: async (...args) =>
    (await import('./targets/lmdb-storage.js')).openLmdbStorage(...args),
  lmdb: async (...args) => (await import('./targets/lmdb.js')).openLmdb(...args),
};
