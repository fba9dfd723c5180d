import { type CommandResponse, commandRequest, type Storage } from '@kv/core';
import { type DataSet, TABLE } from '../../data.js';
import { filledEngine } from '../filled-engine.js';
import type { Target } from '../target.js';

/** The engine without promises; with so many listeners at each hook point. */
export async function openExecute(
  data: DataSet,
  listeners: number,
  storage?: Storage,
): Promise<Target> {
  const engine = filledEngine(data, listeners, storage);
  return {
    sync: true,
    get: (key) => {
      const answer = engine.execute(commandRequest('hget', { table: TABLE, key }));
      return (answer as CommandResponse).values[0]?.value.value;
    },
    set: (key, value) => {
      const pair = { key, value: { value: { case: 'string', value } } } as const;
      return engine.execute(commandRequest('hset', { table: TABLE, pair }));
    },
  };
}
