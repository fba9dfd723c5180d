import { WalStorage } from '../../dist/index.js';

// Node.js loads it as it is. The query says how to open the storage.
const { searchParams } = new URL(import.meta.url);

/** @type {import('@kv/conformance').CrashWorker<WalStorage>} */
const worker = {
  open: (directory) =>
    WalStorage.open({
      directory,
      fsync: searchParams.get('fsync') ?? 'always',
      inline: searchParams.has('inline'),
      // Small, so that there are many.
      segmentBytes: 256 * 1024,
      snapshotLogBytes: 1024 * 1024,
      snapshotAtClose: searchParams.has('snapshotAtClose'),
    }),
  snapshot: (storage) => storage.snapshot(),
};
export default worker;
