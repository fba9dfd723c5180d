import { statfs } from 'node:fs/promises';

/** With less than that, a disk is full: LMDB writes whole pages, and a few of them for any change. */
const FULL_BYTES = 64 * 1024;

/**
 * Whether the disk of a path is full; false if that cannot be told. LMDB does not say so if a part of what it wanted
 * to write could be written.
 */
export async function isDiskFull(path: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize < FULL_BYTES;
  } catch {
    return false;
  }
}
