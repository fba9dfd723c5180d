import { usageError } from '../usage.js';
import type { Fsync } from './storage-kind.js';

/**
 * Whether each write is to be on the disk before it is answered, for engines that know just that.
 *
 * @throws {KvError} `INVALID_COMMAND` for what they do not know.
 */
export function isSync(storage: string, fsync: Fsync): boolean {
  if (fsync === 'everysec') {
    throw usageError(`--storage ${storage} takes --fsync always or never`);
  }
  return fsync === 'always';
}
