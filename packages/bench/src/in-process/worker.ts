import { type DataSet, dataSet, RandomIndexes } from '../data.js';
import { work } from '../processes/worker.js';
import { type Repeat, rateOf } from '../rate.js';
import type { Target } from './target.js';
import { TARGETS, type TargetName } from './targets.js';

export interface InProcessTask {
  readonly target: TargetName;
  readonly operation: 'get' | 'set';
  readonly keys: number;
}

await work<InProcessTask>(async ({ target: name, operation, keys }) => {
  const data = dataSet(keys);
  const target = await TARGETS[name](data);
  const repeat = operation === 'get' ? gets(target, data) : sets(target, data);
  return { rate: (durationMs) => rateOf(repeat, durationMs), close: async () => {} };
});

/**
 * Reads random keys. Every answer is looked at, as it is by whoever asks: a value that nobody touches
 * need not even be fetched from memory.
 */
function gets(target: Target, { keys, values }: DataSet): Repeat {
  const indexes = new RandomIndexes(keys.length);
  const valueLength = values[0]?.length ?? 0;
  if (target.sync) {
    return (count) => {
      let length = 0;
      for (let i = 0; i < count; i++) {
        length += (target.get(keys[indexes.next()] as string) as string).length;
      }
      check(length, count);
    };
  }
  return async (count) => {
    let length = 0;
    for (let i = 0; i < count; i++) {
      length += ((await target.get(keys[indexes.next()] as string)) as string).length;
    }
    check(length, count);
  };

  function check(length: number, count: number): void {
    if (length !== count * valueLength) throw new Error(`${length} characters in ${count} values`);
  }
}

/** Sets random keys. */
function sets(target: Target, { keys, values }: DataSet): Repeat {
  const indexes = new RandomIndexes(keys.length);
  const set = (index: number): unknown =>
    target.set(keys[index] as string, values[index] as string);
  if (target.sync) {
    return (count) => {
      for (let i = 0; i < count; i++) set(indexes.next());
    };
  }
  return async (count) => {
    for (let i = 0; i < count; i++) await set(indexes.next());
  };
}
