import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import type { OpenTarget } from '../target.js';

/** lmdb as it comes, on a file in the folder for temporary ones. */
export const openLmdb: OpenTarget = async ({ keys, values }) => {
  const folder = mkdtempSync(join(tmpdir(), 'kv-bench-lmdb-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const db = open<string, string>({ path: join(folder, 'data') });
  await db.transaction(() => {
    keys.forEach((key, i) => {
      db.putSync(key, values[i] as string);
    });
  });
  return {
    sync: true,
    get: (key) => db.get(key),
    set: (key, value) => db.putSync(key, value),
  };
};
