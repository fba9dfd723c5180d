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
    const db = new ClassicLevel<Buffer, Buffer>(join(directory.path, SUBDIRECTORY), BYTES);
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

/** What LevelDB says; abstract-level just says that it failed. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
