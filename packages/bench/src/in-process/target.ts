import type { DataSet } from '../data.js';

/** A store under measurement, with the data set in it. */
export interface Target {
  /** Whether `get` and `set` answer at once; else they return promises. */
  readonly sync: boolean;
  /** The value of a key. */
  get(key: string): unknown;
  set(key: string, value: string): unknown;
}

/** @throws {Unavailable} if the store does not run on this machine. */
export type OpenTarget = (data: DataSet) => Promise<Target>;
