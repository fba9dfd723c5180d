import type { DataSet } from '../data.js';

/** A client under measurement, connected. */
export interface BenchClient {
  /** Stores the data set. */
  fill(data: DataSet): Promise<void>;
  hget(key: string): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Connects to a server on this machine. */
export type OpenClient = (port: number) => Promise<BenchClient>;
