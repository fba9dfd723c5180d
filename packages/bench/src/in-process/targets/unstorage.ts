import { createStorage } from 'unstorage';
import type { OpenTarget } from '../target.js';

/** unstorage as it comes: its driver for memory. */
export const openUnstorage: OpenTarget = async ({ keys, values }) => {
  const storage = createStorage<string>();
  for (const [i, key] of keys.entries()) await storage.setItem(key, values[i] as string);
  return {
    sync: false,
    get: (key) => storage.getItem(key),
    set: (key, value) => storage.setItem(key, value),
  };
};
