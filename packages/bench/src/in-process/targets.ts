import { MemoryStorage } from '@kv/core';
import type { OpenTarget } from './target.js';

/** What is measured, by the name under which it is shown. */
export type TargetName =
  | 'Map'
  | 'dispatch'
  | 'engine.execute, on a Map'
  | 'engine.execute'
  | 'engine.execute, 4 listeners'
  | 'client, awaited'
  | 'client, awaited, 4 listeners'
  | 'keyv'
  | 'unstorage'
  | 'lmdb'
  | '@deno/kv';

/** All that is measured in-process. Each is loaded only by the process that measures it. */
export const TARGETS: Readonly<Record<TargetName, OpenTarget>> = {
  Map: async (data) => (await import('./targets/map.js')).openMap(data),
  dispatch: async (data) => (await import('./targets/dispatch.js')).openDispatch(data),
  'engine.execute, on a Map': async (data) =>
    (await import('./targets/execute.js')).openExecute(data, 0, new MemoryStorage()),
  'engine.execute': async (data) => (await import('./targets/execute.js')).openExecute(data, 0),
  'engine.execute, 4 listeners': async (data) =>
    (await import('./targets/execute.js')).openExecute(data, 1),
  'client, awaited': async (data) => (await import('./targets/client.js')).openClient(data, 0),
  'client, awaited, 4 listeners': async (data) =>
    (await import('./targets/client.js')).openClient(data, 1),
  keyv: async (data) => (await import('./targets/keyv.js')).openKeyv(data),
  unstorage: async (data) => (await import('./targets/unstorage.js')).openUnstorage(data),
  lmdb: async (data) => (await import('./targets/lmdb.js')).openLmdb(data),
  '@deno/kv': async (data) => (await import('./targets/deno-kv.js')).openDenoKv(data),
};
