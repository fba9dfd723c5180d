import { KvError } from '@kv/protocol';
import type { Unreadable } from '../format/layout.js';

/** A place in the files of a store at which something is not as it was written. */
export interface Problem {
  /** The path of the file. */
  readonly path: string;
  /** Where in it, in bytes. */
  readonly offset: number;
  /** What is the matter. */
  readonly reason: string;
}

/** The error of a store that is not as it was left. */
export function damageError({ path, offset, reason }: Problem): KvError {
  const remedy = 'a repair (kv repair, repairWal) keeps what can be read';
  return new KvError(
    'STORAGE_FAILURE',
    `${path} is damaged at byte ${offset}: ${reason}; ${remedy}`,
  );
}

/** The error of a store that a later version has written. */
export function foreignError({ path, offset, reason }: Problem): KvError {
  const message = `${path} needs a later version, for byte ${offset}: ${reason}`;
  return new KvError('UNSUPPORTED', message);
}

/** The error of bytes that cannot be read. */
export function unreadableError(
  path: string,
  offset: number,
  { foreign, reason }: Unreadable,
): KvError {
  return (foreign ? foreignError : damageError)({ path, offset, reason });
}

/** Makes a `STORAGE_FAILURE` of what the file system has thrown. */
export function failureOf(what: string, cause: unknown): KvError {
  if (cause instanceof KvError) return cause;
  const told = cause instanceof Error ? `: ${cause.message}` : '';
  return new KvError('STORAGE_FAILURE', `${what}${told}`, { cause });
}

/** Whether the system says that a file is not there. */
export function isMissing(thrown: unknown): boolean {
  return codeOf(thrown) === 'ENOENT';
}

/** The system's code for what has gone wrong. */
export function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
}
