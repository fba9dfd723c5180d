import { checkClosed, DataDirectory, inspect } from '@kv/data-directory';
import { checkLog, type LogReport } from './log/check-log.js';
import { type RepairReport, repairLog } from './log/repair-log.js';
import { FORMAT } from './wal-storage.js';

/** What {@link checkWal} and {@link repairWal} can be told. */
export interface CheckOptions {
  /** Ends it when it is aborted: what there is stays as it is. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads all of a data directory whose storage is not open, and writes nothing.
 *
 * @throws {KvError} `STORAGE_FAILURE` if it is none or cannot be read, `UNSUPPORTED` if it is another engine's or a later
 * version's, `UNAVAILABLE` if it is open, `CANCELLED` if it was ended by the signal.
 */
export async function checkWal(
  directory: string,
  { signal }: CheckOptions = {},
): Promise<LogReport> {
  await inspect(directory, FORMAT);
  // Files come and go in one that is open, and it would look as if some were missing.
  await checkClosed(directory);
  return checkLog(directory, undefined, signal);
}

/**
 * Makes a data directory that is damaged one that can be opened: with all that can still be read. What the
 * directory had is kept in files whose names end in `.damaged`. One that is not damaged is left as it is.
 *
 * @throws {KvError} as {@link checkWal}.
 */
export async function repairWal(
  directory: string,
  { signal }: CheckOptions = {},
): Promise<RepairReport> {
  // Before anything is written: a directory that is empty would be claimed.
  await inspect(directory, FORMAT);
  const claimed = await DataDirectory.open(directory, FORMAT);
  try {
    return await repairLog(claimed.path, undefined, signal);
  } finally {
    await claimed.close();
  }
}
