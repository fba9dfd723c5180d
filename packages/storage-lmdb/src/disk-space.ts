import { statfsSync } from 'node:fs';

/** LMDB writes whole pages, and a few of them for any change: free pages, roots and what leads from there. */
const SPARE_BYTES = 64 * 1024;

/** For the pages that a change replaces, on the way from the root. */
const CHANGE_BYTES = 8 * 1024;

/**
 * Whether there is room on the disk of a path for a commit of so many changes, with so many bytes of records; true if
 * that cannot be told. Asked of the system at each commit, which takes a few microseconds.
 *
 * @param fileBytes answers how large the data are: what is not there is not replaced. Asked only if it matters.
 */
export function hasRoom(
  path: string,
  changes: number,
  bytes: number,
  fileBytes: () => number,
): boolean {
  try {
    const { bavail, bsize } = statfsSync(path);
    const spare = bavail * bsize - SPARE_BYTES - 2 * bytes;
    return spare >= changes * CHANGE_BYTES || (spare >= 0 && spare >= 2 * fileBytes());
  } catch {
    return true;
  }
}
