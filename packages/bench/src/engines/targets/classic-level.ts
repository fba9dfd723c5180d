import { ClassicLevel } from 'classic-level';
import { batches } from '../../data.js';
import type { OpenEngine } from '../target.js';

/** LevelDB as an application calls it: keys and values are text. */
export const openClassicLevel: OpenEngine = async (data, { directory, sync }) => {
  const db = new ClassicLevel(directory);
  await db.open();
  for (const batch of batches(data)) {
    await db.batch(batch.map(([key, value]) => ({ type: 'put', key, value })));
  }
  return {
    get: (key) => db.getSync(key),
    set: async (key, value) => {
      const old = db.getSync(key);
      await db.put(key, value, { sync });
      return old;
    },
    close: () => db.close(),
  };
};
