import { Engine, type HookName, SlabStorage, type Storage } from '@kv/core';
import { type DataSet, TABLE } from '../data.js';

const HOOKS: readonly HookName[] = [
  'requestReceived',
  'requestExecuted',
  'beforeResponseSend',
  'afterResponseSend',
];

/**
 * An engine with the data set in it, on the storage that engines have by default, and so many synchronous
 * listeners at each hook point.
 */
export function filledEngine(
  { keys, values }: DataSet,
  listeners: number,
  storage: Storage = new SlabStorage(),
): Engine {
  keys.forEach((key, i) => {
    void storage.set(TABLE, key, values[i] as string);
  });
  const engine = new Engine({ storage });
  for (const name of HOOKS) {
    for (let i = 0; i < listeners; i++) engine.hooks.on(name, countingListener());
  }
  return engine;
}

/** Does something, or it might be optimised away. */
function countingListener(): () => void {
  let calls = 0;
  return () => {
    calls++;
    if (calls < 0) throw new Error('Nobody counts that far');
  };
}
