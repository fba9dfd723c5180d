import { open } from 'lmdb';
import { batches } from '../../data.js';
import type { OpenEngine } from '../target.js';

/** LMDB as an application calls it whose keys and values are text. Puts that come together are committed together. */
export const openLmdb: OpenEngine = async (data, { directory, sync }) => {
  const db = open<string, string>({
    path: directory,
    noSubdir: false,
    encoding: 'string',
    // What they promise is then what ours does: what is answered is on the disk, or with the operating system.
    noSync: !sync,
    overlappingSync: false,
  });
  for (const batch of batches(data)) {
    await db.transaction(() => {
      for (const [key, value] of batch) db.putSync(key, value);
    });
  }
  return {
    get: (key) => db.get(key),
    set: async (key, value) => {
      const old = db.get(key);
      await db.put(key, value);
      return old;
    },
    close: () => db.close(),
  };
};
