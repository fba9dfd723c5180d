import { Keyv } from 'keyv';
import type { OpenTarget } from '../target.js';

/** keyv as it comes: a `Map` in memory, values serialised as JSON. */
export const openKeyv: OpenTarget = async ({ keys, values }) => {
  const keyv = new Keyv();
  for (const [i, key] of keys.entries()) await keyv.set(key, values[i]);
  return {
    sync: false,
    get: (key) => keyv.get(key),
    set: (key, value) => keyv.set(key, value),
  };
};
