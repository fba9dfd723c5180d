import { WalStorage } from '@kv/storage-wal';
import { keyOf, TABLE, valueFor } from '../data.js';
import type { WalTask } from './wal-recovery.js';

// Does one thing with a data directory, in a process of its own, and prints how many seconds it took.

const BATCH = 1000;

const [task, directory = '', entries] = process.argv.slice(2) as [WalTask, string, string];

const begun = performance.now();
const storage = await WalStorage.open({
  directory,
  fsync: 'never',
  snapshotLogBytes: Number.POSITIVE_INFINITY,
});
const opened = performance.now();
if (task === 'fill') await fill(Number(entries));
if (task === 'snapshot') {
  // Of one that has changed since the last.
  await storage.set('another', 'key', 1n);
  await storage.snapshot();
}
const done = performance.now();
await storage.close();
console.log((task === 'open' ? opened - begun : done - opened) / 1000);

async function fill(count: number): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const length = Math.min(BATCH, count - from);
    const keys = Array.from({ length }, (_, i) => keyOf(from + i));
    // Changes of their own, as they come from clients.
    await Promise.all(keys.map((key) => storage.set(TABLE, key, valueFor(key))));
  }
}
