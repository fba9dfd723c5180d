import { TABLE } from '../../data.js';
import { Unavailable } from '../../unavailable.js';
import type { OpenTarget } from '../target.js';

/** So many entries may be set together. */
const BATCH = 500;

/** @deno/kv in memory, which is SQLite behind a native addon. */
export const openDenoKv: OpenTarget = async ({ keys, values }) => {
  const kv = await openKv();
  for (let start = 0; start < keys.length; start += BATCH) {
    const together = kv.atomic();
    keys.slice(start, start + BATCH).forEach((key, i) => {
      together.set([TABLE, key], values[start + i]);
    });
    await together.commit();
  }
  return {
    sync: false,
    get: async (key) => (await kv.get([TABLE, key])).value,
    set: (key, value) => kv.set([TABLE, key], value),
  };
};

/** It has addons for some machines only, and says so when it is loaded. */
async function openKv() {
  try {
    const deno = await import('@deno/kv');
    return await deno.openKv(':memory:');
  } catch (cause) {
    throw new Unavailable(`@deno/kv does not load here: ${cause}`, { cause });
  }
}
