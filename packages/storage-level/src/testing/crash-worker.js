import { LevelStorage } from '../../dist/index.js';

// Node.js loads it as it is. The query says how to open the storage.
const { searchParams } = new URL(import.meta.url);

/** @type {import('@kv/conformance').CrashWorker<LevelStorage>} */
const worker = {
  open: (directory) => LevelStorage.open({ directory, sync: searchParams.has('sync') }),
};
export default worker;
