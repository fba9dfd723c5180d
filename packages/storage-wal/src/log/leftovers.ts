import type { Manifest } from '../format/manifest.js';
import { isTemporary, SET_ASIDE, segmentNumber, snapshotStart } from './file-names.js';
import type { LogDirectory } from './log-directory.js';

/**
 * Removes files that the manifest does not name: what was left when a process ended in the midst of something. What a
 * repair has replaced is set aside.
 *
 * @returns the names of what was set aside.
 */
export async function removeLeftovers(
  directory: LogDirectory,
  manifest: Manifest,
): Promise<string[]> {
  const names = await directory.list();
  const temporary = names.filter(isTemporary);
  const dropped = names.filter((name) => isDropped(name, manifest));
  if (!manifest.repaired) {
    await directory.remove([...temporary, ...dropped]);
    return [];
  }
  await directory.remove(temporary);
  for (const name of dropped) await directory.rename(name, name + SET_ASIDE);
  return dropped.map((name) => name + SET_ASIDE);
}

function isDropped(name: string, { firstSegment, lastSegment, snapshot }: Manifest): boolean {
  const number = segmentNumber(name);
  if (number !== undefined) return number < firstSegment || number > lastSegment;
  const start = snapshotStart(name);
  return start !== undefined && start !== snapshot?.start;
}
