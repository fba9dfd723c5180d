import { setImmediate as turn } from 'node:timers/promises';
import type { SlabStorage } from '@kv/core';
import type { SnapshotWriter } from '../log/snapshot-writer.js';

/** So many bytes of entries are put together at one time: less than a millisecond's work. */
const STEP_BYTES = 128 * 1024;

/**
 * Writes all entries of a storage, which goes on being written to.
 *
 * @param checkGoesOn asked after each step; ends it by throwing.
 */
export async function dumpInto(
  writer: SnapshotWriter,
  storage: SlabStorage,
  checkGoesOn: () => void,
): Promise<void> {
  const { block } = writer;
  const dump = storage.dump((bytes, view, start, end, count) => {
    block.appendEntries(bytes, view, start, end, count);
  });
  while (!dump.done) {
    dump.step(STEP_BYTES);
    await writer.write();
    // Who waits for the event loop comes first.
    await turn();
    checkGoesOn();
  }
}
