import { expect, it } from 'vitest';
import { Random } from './random.js';

it('is the same for the same seed, and another for another', () => {
  const numbers = (seed: number): number[] => {
    const random = new Random(seed);
    return random.list(100, () => random.below(1_000));
  };
  expect(numbers(1)).toStrictEqual(numbers(1));
  expect(numbers(1)).not.toStrictEqual(numbers(2));
});

it('reaches every number below the end, and no other', () => {
  const random = new Random(1);
  const numbers = random.list(1_000, () => random.below(7));
  expect([...new Set(numbers)].sort()).toStrictEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(new Set(numbers.map(() => random.pick(['a', 'b']))).size).toBe(2);
});
