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
  readonly maxMemory?: number;
}

/** What was found in a data directory. */
export interface Checked {
  /** Whether it can be opened. */
  readonly sound: boolean;
  /** What was found, in lines. */
  readonly lines: readonly string[];
}

/** A storage that `kv serve` can serve. */
export interface StorageKind {
  /** Which of the flags mean something to it. */
  readonly flags: readonly (keyof StorageFlags)[];
  /**
   * Opens it.
   *
   * @param warn told, in a sentence, what somebody should look into.
   * @throws {KvError} if it cannot be opened.
   */
  open(flags: StorageFlags, warn: (message: string) => void): Promise<Storage>;
  /** Reads all of a data directory, and writes nothing. */
  check?(directory: string): Promise<Checked>;
  /** Makes a damaged data directory one that can be opened; answers what it did, in lines. */
  repair?(directory: string): Promise<readonly string[]>;
}
