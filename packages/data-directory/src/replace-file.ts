import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a file is called before it is whole. */
export const TEMPORARY = '.tmp';

/**
 * Puts a file in its place, whole and for good: whoever looks, and whenever the power fails, finds what was
 * there before or all of `text`.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = path + TEMPORARY;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** Makes durable which names a directory has. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows has no such thing: there, names are as durable as what they name.
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
