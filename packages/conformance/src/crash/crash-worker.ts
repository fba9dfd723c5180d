import type { Awaitable, Storage } from '@kv/core';

/**
 * How `crashSuite` opens an engine in a process of its own, which it then kills: the default export of a module that
 * Node.js can load as it is.
 */
export interface CrashWorker {
  /**
   * Opens the storage in a directory, which is empty, or as a worker left it that was killed, or that closed
   * the storage.
   */
  open(directory: string): Awaitable<Storage>;
}
