import { KvError } from '@kv/protocol';

/** The error of a database that cannot do what it was asked for; what is one of ours already stays as it is. */
export function failureOf(doing: 'read' | 'written', cause: unknown): KvError {
  if (cause instanceof KvError) return cause;
  return new KvError('STORAGE_FAILURE', `The database cannot be ${doing}`, { cause });
}
