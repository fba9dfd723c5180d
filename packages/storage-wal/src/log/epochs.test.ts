import { describe, expect, it } from 'vitest';
import type { EpochStart } from '../format/manifest.js';
import { epochNumber, isPosition, TAG_LIMIT, withNextEpoch } from './epochs.js';

const MOST = 1024;

/** Epochs that follow on another, each with so many changes. */
function epochsOf(...changes: readonly number[]): { epochs: readonly EpochStart[]; last: number } {
  let epochs: readonly EpochStart[] = [];
  let last = 0;
  for (const [i, count] of changes.entries()) {
    epochs = withNextEpoch(epochs, 100 + i, last);
    last += count;
  }
  return { epochs, last };
}

describe('the number of an epoch', () => {
  it('grows from one to the next, whatever the tags, and is a safe integer', () => {
    const numbers = [
      { epoch: 1, tag: TAG_LIMIT - 1 },
      { epoch: 2, tag: 1 },
      { epoch: 2, tag: 2 },
      { epoch: 0xffff_ffff, tag: TAG_LIMIT - 1 },
    ].map(epochNumber);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('a position', () => {
  const { epochs, last } = epochsOf(3, 0, 2, 0);
  const numbers = epochs.map(epochNumber) as [number, number, number, number];

  it.each([
    // From where it began to where the next began, which may be the same.
    [0, 0, 3],
    [1, 3, 3],
    [2, 3, 5],
    [3, 5, 5],
  ])('of epoch %i is from %i to %i', (index, from, to) => {
    const found = Array.from({ length: 8 }, (_, sequence) => sequence).filter((sequence) =>
      isPosition(epochs, last, numbers[index] as number, sequence),
    );
    expect(found).toEqual(Array.from({ length: to - from + 1 }, (_, i) => from + i));
  });

  it('of an epoch that there was not is none: before, between, nor after', () => {
    for (const number of numbers) {
      for (const other of [number - 1, number + 1]) {
        for (let sequence = 0; sequence <= last; sequence++) {
          expect(isPosition(epochs, last, other, sequence)).toBe(false);
        }
      }
    }
  });
});

describe('the epochs that are remembered', () => {
  it('are all of them, until they are very many', () => {
    const { epochs } = epochsOf(1, 0, 0, 2, 0);
    expect(epochs).toEqual([
      { epoch: 1, tag: 100, first: 1 },
      { epoch: 2, tag: 101, first: 2 },
      { epoch: 3, tag: 102, first: 2 },
      { epoch: 4, tag: 103, first: 2 },
      { epoch: 5, tag: 104, first: 4 },
    ]);
  });

  it('are then those with changes, and the last ones', () => {
    const { epochs, last } = epochsOf(1, ...Array.from({ length: 5000 }, () => 0), 1, 1);
    expect(epochs).toHaveLength(MOST);
    const [first, second] = epochs;
    expect([first?.epoch, second?.epoch]).toEqual([1, 5003 - MOST + 2]);
    expect(epochs.at(-1)).toMatchObject({ epoch: 5003, first: last });
    const busy = epochsOf(...Array.from({ length: 3000 }, () => 1)).epochs;
    expect([busy.length, busy[0]?.epoch]).toEqual([MOST, 3000 - MOST + 1]);
  });
});
