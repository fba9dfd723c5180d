import type { DataSet } from '../data.js';

/** A store on the disk under measurement, with the data set in it. */
export interface EngineTarget {
  /** The value of a key, at once. */
  get(key: string): unknown;
  /** Stores a value, and answers the one that it has replaced. */
  set(key: string, value: string): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface EngineOptions {
  /** A new one, for the store alone. */
  readonly directory: string;
  /** Whether a value is on the disk when `set` answers. */
  readonly sync: boolean;
}

/** @throws {Unavailable} if the store does not run on this machine. */
export type OpenEngine = (data: DataSet, options: EngineOptions) => Promise<EngineTarget>;
