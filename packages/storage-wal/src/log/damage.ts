import { KvError } from '@kv/protocol';

/** The error of a store that is not as it was left: where, and what is the matter. */
export function damage(path: string, offset: number, what: string): KvError {
  return new KvError('STORAGE_FAILURE', `${path} is damaged at byte ${offset}: ${what}`);
}
