import { type EpochStart, lastEpoch } from '../format/manifest.js';

/** Tags are below this: with one, the number of an epoch is a safe integer. */
export const TAG_LIMIT: number = 2 ** 21;

/** So many epochs are remembered. */
const MAX_EPOCHS = 1024;

/**
 * The number of an epoch in positions. It grows from one to the next; and since it ends in the tag, no copy of the store
 * that is opened by itself, nor another store, comes to the same.
 */
export function epochNumber({ epoch, tag }: Pick<EpochStart, 'epoch' | 'tag'>): number {
  return epoch * TAG_LIMIT + tag;
}

/**
 * The epochs with one more, which follows.
 *
 * @param last the sequence of the last change before it.
 */
export function withNextEpoch(
  epochs: readonly EpochStart[],
  tag: number,
  last: number,
): readonly EpochStart[] {
  const next = { epoch: lastEpoch({ epochs }) + 1, tag, first: last + 1 };
  if (epochs.length < MAX_EPOCHS) return [...epochs, next];
  // Of those without changes there may be very many, as when a process ends as soon as it has begun.
  const empty = epochs.findIndex(({ first }, i) => first === (epochs[i + 1] ?? next).first);
  return [...epochs.filter((_, i) => i !== Math.max(0, empty)), next];
}

/** Whether there was such a position: whether its epoch is one of these, and went so far. */
export function isPosition(
  epochs: readonly EpochStart[],
  committed: number,
  number: number,
  sequence: number,
): boolean {
  const index = epochs.findIndex((each) => epochNumber(each) === number);
  const own = epochs[index];
  if (own === undefined) return false;
  const next = epochs[index + 1];
  const last = next === undefined ? committed : next.first - 1;
  return sequence >= own.first - 1 && sequence <= last;
}
