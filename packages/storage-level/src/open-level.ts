import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataDirectory, type DataFormat } from '@kv/data-directory';
import { KvError } from '@kv/protocol';
import { BYTES, type LevelDatabase } from './level-database.js';

/** What is written into a directory. Version 1: keys as in `place.ts`, values as in `record.ts`. */
const FORMAT: DataFormat = { engine: 'level', version: 1 };

/** LevelDB has a directory of its own in it. */
const SUBDIRECTORY = 'level';

/** A database, and the directory in which it is. */
export interface OpenedLevel {
  readonly db: LevelDatabase;
  readonly directory: DataDirectory;
}

/** Opens LevelDB in a directory, which nobody else then has. */
export async function openLevel(path: string): Promise<OpenedLevel> {
  const directory = await DataDirectory.open(path, FORMAT);
  try {
    // Not before it is needed: there are platforms for which it has no binary.
    const { ClassicLevel } = await import('classic-level');
    const location = join(directory.path, SUBDIRECTORY);
    await checkFiles(location);
    const db = new ClassicLevel<Buffer, Buffer>(location, BYTES);
    await db.open();
    return { db, directory };
  } catch (cause) {
    await directory.close();
    throw new KvError(
      'STORAGE_FAILURE',
      `LevelDB cannot be opened in ${directory.path}: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

/**
 * Refuses files with data of which none says which of them count: LevelDB would begin a new database there, and delete
 * them.
 */
async function checkFiles(location: string): Promise<void> {
  const names = await namesIn(location);
  const data = names.find((name) => /^\d+\.(ldb|sst|log)$/.test(name));
  if (data === undefined || names.includes('CURRENT')) return;
  throw new Error(
    `there is data (${data}), and no file CURRENT; restore the directory from a backup`,
  );
}

async function namesIn(location: string): Promise<readonly string[]> {
  try {
    return await readdir(location);
  } catch (error) {
    // It is made when it is opened first.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** What LevelDB says; abstract-level just says that it failed. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
