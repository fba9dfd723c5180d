import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The paths of all files in a folder, from there. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** The bytes of a file, or of all files in a folder. */
export function bytesOf(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.size;
  return filesIn(path).reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
}
