// The package has no types of its own. This is what is used of it.
declare module 'fs-native-extensions' {
  /** Locks a file as a whole; false if another descriptor, of whichever process, holds the lock. */
  export function tryLock(fd: number): boolean;
  /** Gives the lock back. */
  export function unlock(fd: number): void;
}
