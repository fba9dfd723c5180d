import type { DataSet } from '../data.js';

const BATCH = 1000;

/** The data set in pieces that are not too long for one request. */
export function* batches({ keys, values }: DataSet): Generator<[key: string, value: string][]> {
  for (let start = 0; start < keys.length; start += BATCH) {
    const batch = keys.slice(start, start + BATCH);
    yield batch.map((key, i) => [key, values[start + i] as string]);
  }
}
