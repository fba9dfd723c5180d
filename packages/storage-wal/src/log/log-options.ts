import { randomInt } from 'node:crypto';
import type { FileSystem } from '../file-system/file-system.js';
import { nodeFileSystem } from '../file-system/node-file-system.js';
import { type Clock, systemClock } from './clock.js';
import { TAG_LIMIT } from './epochs.js';

/**
 * When changes become durable: before their commit is over; within a second, or what the disk takes beyond that; or when
 * the system likes, a full segment at the latest.
 */
export type Fsync = 'always' | 'everysec' | 'never';

/** What a log can be told. */
export interface LogOptions {
  /** `always` by default. */
  readonly fsync: Fsync;
  /**
   * With `always`: whether the event loop waits for the disk, which takes a part of the time that a thread takes, and in
   * which nothing else goes on. False by default.
   */
  readonly inline: boolean;
  /** The bytes of a segment, 64 MiB by default; one that has a single block may have more. */
  readonly segmentBytes: number;
  readonly fileSystem: FileSystem;
  /** Told what somebody should look into, in a sentence; a warning of the process by default. */
  readonly onWarning: (message: string) => void;
  readonly clock: Clock;
  /** Makes what tells an epoch from others of the same number: an integer from 1 to 2^21 - 1, by default a random one. */
  readonly newEpochTag: () => number;
}

const DEFAULTS: LogOptions = {
  fsync: 'always',
  inline: false,
  segmentBytes: 64 * 1024 * 1024,
  fileSystem: nodeFileSystem,
  onWarning: (message) => process.emitWarning(message),
  clock: systemClock,
  newEpochTag: () => randomInt(1, TAG_LIMIT),
};

const FSYNCS: readonly unknown[] = ['always', 'everysec', 'never'] satisfies Fsync[];

/**
 * What is not given, or `undefined`, is as it is by default.
 *
 * @throws {RangeError} if an option is not what it must be: what is misspelt must not be taken for something less safe.
 */
export function withDefaults(options: Partial<LogOptions>): LogOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const settings: LogOptions = { ...DEFAULTS, ...Object.fromEntries(given) };
  if (!FSYNCS.includes(settings.fsync)) {
    throw new RangeError(`fsync must be one of ${FSYNCS.join(', ')}`);
  }
  if (!(Number.isSafeInteger(settings.segmentBytes) && settings.segmentBytes > 0)) {
    throw new RangeError('segmentBytes must be a positive integer');
  }
  return settings;
}
