import type { Value } from '@kv/core';
import { WalStorage, type WalStorageOptions } from '../wal-storage.js';
import { SimulatedClock } from './simulated-clock.js';
import type { SimulatedFileSystem } from './simulated-file-system.js';

/** A storage with the time that passes for it. */
export interface TestStorage {
  readonly storage: WalStorage;
  readonly clock: SimulatedClock;
}

/** All entries of some tables. */
export type Contents = Readonly<Record<string, Readonly<Record<string, Value>>>>;

/**
 * Opens a storage in a simulated file system, whose segments are small, and takes no snapshots but those that are asked
 * for.
 *
 * @param directory is locked and marked as any other is, in the system's own file system; everything else is simulated.
 */
export async function openStorage(
  directory: string,
  fileSystem: SimulatedFileSystem,
  options: Partial<WalStorageOptions> = {},
): Promise<TestStorage> {
  const clock = new SimulatedClock();
  const settings = { segmentBytes: 1024, snapshotLogBytes: Number.POSITIVE_INFINITY };
  const storage = await WalStorage.open({
    ...settings,
    ...{ directory, clock, fileSystem, onWarning: () => {} },
    ...options,
  });
  return { storage, clock };
}

/** What is in some tables of a storage. */
export async function contentsOf(
  storage: WalStorage,
  tables: readonly string[],
): Promise<Contents> {
  const entries = tables.map(async (table) => {
    return [table, Object.fromEntries(await storage.getAll(table))] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
