export { LmdbStorage, type LmdbStorageOptions, type LmdbStorageStats } from './lmdb-storage.js';
