import { KvError } from '@kv/protocol';

/** Gives memory, all zero, or throws if there is none. */
export type Allocate = (bytes: number) => ArrayBuffer;

/**
 * Asks for memory.
 *
 * @throws {KvError} `STORAGE_FAILURE`, with its cause, if there is none.
 */
export function allocated(allocate: Allocate, bytes: number): ArrayBuffer {
  try {
    return allocate(bytes);
  } catch (cause) {
    throw outOfMemory(cause);
  }
}

export function outOfMemory(cause: unknown): KvError {
  return new KvError('STORAGE_FAILURE', 'The storage is out of memory', { cause });
}
