export type {
  ByteEncodings,
  LevelBatch,
  LevelDatabase,
  LevelIterator,
  LevelRange,
  TextKey,
  TextValue,
  WriteOptions,
} from './level-database.js';
export {
  type LevelOpenOptions,
  type LevelOptions,
  LevelStorage,
  type LevelStorageStats,
} from './level-storage.js';
