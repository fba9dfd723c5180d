import type { Storage } from '@kv/core';

/** When what was written is safe from a power cut: before it is answered, within a second, or when the system likes. */
export type Fsync = 'always' | 'everysec' | 'never';

/** What flags say of the storage; what is not given is not there. */
export interface StorageFlags {
  readonly data?: string;
  readonly fsync?: Fsync;
  readonly inlineFsync?: boolean;
  readonly snapshotLog?: number;
  readonly snapshotAtEnd?: boolean;
  readonly logOldValues?: boolean;
  readonly maxMemory?: number;
}

/** What was found in a data directory. */
export interface Checked {
  /** Whether it can be opened. */
  readonly sound: boolean;
  /** What was found, in lines. */
  readonly lines: readonly string[];
}

/** What goes on while a storage is opened. */
export interface Opening {
  /** Told, in a sentence, what somebody should look into; then and later. */
  readonly warn: (message: string) => void;
  /** Aborted when nobody wants it any more. */
  readonly stop: AbortSignal;
}

/** A storage that `kv serve` can serve. */
export interface StorageKind {
  /** Which of the flags mean something to it. */
  readonly flags: readonly (keyof StorageFlags)[];
  /**
   * Opens it.
   *
   * @throws {KvError} if it cannot be opened; `CANCELLED` if it was ended, which not every one can be.
   */
  open(flags: StorageFlags, opening: Opening): Promise<Storage>;
  /**
   * Reads all of a data directory, and writes nothing.
   *
   * @throws {KvError} `CANCELLED` if it was ended by `stop`.
   */
  check?(directory: string, stop: AbortSignal): Promise<Checked>;
  /**
   * Makes a damaged data directory one that can be opened; answers what it did, in lines.
   *
   * @throws {KvError} `CANCELLED` if it was ended by `stop`: all is as it was.
   */
  repair?(directory: string, stop: AbortSignal): Promise<readonly string[]>;
}
