import type { FileSystem } from '../file-system/file-system.js';
import { nodeFileSystem } from '../file-system/node-file-system.js';
import { type Clock, systemClock } from './clock.js';

/** When what was committed is made durable: before its commit is over, each second, or when the system likes. */
export type Fsync = 'always' | 'everysec' | 'never';

/** What a log can be told. */
export interface LogOptions {
  readonly fsync: Fsync;
  /** With `always`: whether the event loop waits for the disk. A commit takes less time then, and nothing else goes on. */
  readonly inline: boolean;
  /** The bytes of a segment; one block alone may take more. */
  readonly segmentBytes: number;
  readonly fileSystem: FileSystem;
  /** Told what somebody should look into, though the log goes on. */
  readonly onWarning: (message: string) => void;
  readonly clock: Clock;
}

export const DEFAULT_LOG_OPTIONS: LogOptions = {
  fsync: 'always',
  inline: false,
  segmentBytes: 64 * 1024 * 1024,
  fileSystem: nodeFileSystem,
  onWarning: (message) => process.emitWarning(message),
  clock: systemClock,
};
