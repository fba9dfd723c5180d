import { type DataSet, TABLE } from '../../data.js';
import { filledEngine } from '../filled-engine.js';
import type { Target } from '../target.js';

/** The client of the same process, each call awaited; with so many listeners at each hook point. */
export async function openClient(data: DataSet, listeners: number): Promise<Target> {
  const client = filledEngine(data, listeners).client();
  return {
    sync: false,
    get: (key) => client.hget(TABLE, key),
    set: (key, value) => client.hset(TABLE, key, value),
  };
}
