import { KvError } from '@kv/protocol';
import type { File, FileSystem } from './file-system.js';

/**
 * The same files, of which no more is read once a signal is aborted: what reads then fails.
 *
 * @throws {KvError} by its calls: `CANCELLED`, with the signal's reason as its cause.
 */
export function endable(fileSystem: FileSystem, signal: AbortSignal | undefined): FileSystem {
  if (signal === undefined) return fileSystem;
  return {
    async open(path, options): Promise<File> {
      checkGoesOn(signal);
      const file = await fileSystem.open(path, options);
      return {
        async read(into, position) {
          checkGoesOn(signal);
          return file.read(into, position);
        },
        write: (bytes, position) => file.write(bytes, position),
        writeSync: (bytes, position) => file.writeSync(bytes, position),
        datasync: () => file.datasync(),
        truncate: (length) => file.truncate(length),
        size: () => file.size(),
        close: () => file.close(),
      };
    },
    list: (directory) => fileSystem.list(directory),
    rename: (from, to) => fileSystem.rename(from, to),
    remove: (path) => fileSystem.remove(path),
    syncDirectory: (path) => fileSystem.syncDirectory(path),
  };
}

/** @throws {KvError} `CANCELLED` if the signal is aborted. */
export function checkGoesOn(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new KvError('CANCELLED', 'It was ended before all was read', { cause: signal.reason });
}
