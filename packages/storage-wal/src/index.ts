// For applications.

export { type CheckOptions, checkWal, repairWal } from './check-wal.js';
export type { EpochStart, SnapshotReference } from './format/manifest.js';
export type { LogReport } from './log/check-log.js';
export type { LogState } from './log/log.js';
export type { FileContents, LogContents } from './log/log-contents.js';
export type { Fsync, LogOptions } from './log/log-options.js';
export type { RepairReport } from './log/repair-log.js';
export type { Problem } from './log/unreadable.js';
export type { SnapshotTaken } from './snapshot/snapshots.js';
export { WalStorage, type WalStorageOptions, type WalStorageStats } from './wal-storage.js';

// For authors of storage engines.

export type { File, FileSystem, OpenOptions } from './file-system/file-system.js';
export { nodeFileSystem } from './file-system/node-file-system.js';
export { Block } from './log/block.js';
export { checkLog } from './log/check-log.js';
export type { Clock } from './log/clock.js';
export { Log } from './log/log.js';
export type { Cut, Recovery } from './log/recovery.js';
export { repairLog } from './log/repair-log.js';
export type { Replay } from './log/replay.js';
export type { SnapshotWriter } from './log/snapshot-writer.js';
