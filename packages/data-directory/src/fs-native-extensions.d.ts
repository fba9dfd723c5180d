// The package has no types of its own. This is what is used of it.
declare module 'fs-native-extensions' {
  /**
   * Locks a file as a whole; false if another descriptor, of whichever process, holds the lock. A lock that is shared
   * needs no more than to read the file, and stands beside others of its kind.
   */
  export function tryLock(fd: number, options?: { readonly shared: boolean }): boolean;
  /** Gives the lock back. */
  export function unlock(fd: number): void;
}
