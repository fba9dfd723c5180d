import type { Storage } from '@kv/core';
import { usageError } from '../usage.js';
import { level } from './level.js';
import { lmdb } from './lmdb.js';
import { memory } from './memory.js';
import type { Opening, StorageFlags, StorageKind } from './storage-kind.js';
import { wal } from './wal.js';

/** What the storages are called on the command line, and in their data directories. */
export type StorageName = 'memory' | 'wal' | 'level' | 'lmdb';

/** The storages there are. */
export const storageTable: { readonly [Name in StorageName]: StorageKind } = {
  memory,
  wal,
  level,
  lmdb,
};

export const STORAGE_NAMES: readonly StorageName[] = Object.keys(storageTable) as StorageName[];

/** How the flags are written. */
const FLAG: { readonly [Name in keyof Required<StorageFlags>]: string } = {
  data: '--data',
  fsync: '--fsync',
  inlineFsync: '--inline-fsync',
  snapshotLog: '--snapshot-log',
  snapshotAtEnd: '--snapshot-at-end',
  logOldValues: '--log-old-values',
  maxMemory: '--max-memory',
};

/**
 * Opens the storage of that name.
 *
 * @throws {KvError} `INVALID_COMMAND` for a flag that means nothing to it, or one that it lacks; else what opening it
 * fails with.
 */
export async function openStorage(
  name: StorageName,
  flags: StorageFlags,
  opening: Opening,
): Promise<Storage> {
  const kind: StorageKind = storageTable[name];
  for (const flag of Object.keys(FLAG) as (keyof StorageFlags)[]) {
    if (flags[flag] !== undefined && !kind.flags.includes(flag)) {
      throw usageError(`${FLAG[flag]} means nothing to --storage ${name}`);
    }
  }
  if (kind.flags.includes('data') && flags.data === undefined) {
    throw usageError(`--storage ${name} needs --data, the directory to keep it in`);
  }
  if (flags.inlineFsync && flags.fsync !== undefined && flags.fsync !== 'always') {
    throw usageError('--inline-fsync goes with --fsync always');
  }
  return kind.open(flags, opening);
}
