import type { OpenTarget } from '../target.js';

/** Nothing but a `Map`: what the engine keeps its entries in, and the most that can be had. */
export const openMap: OpenTarget = async ({ keys, values }) => {
  const map = new Map(keys.map((key, i) => [key, values[i] as string]));
  return {
    sync: true,
    get: (key) => map.get(key),
    set: (key, value) => map.set(key, value),
  };
};
