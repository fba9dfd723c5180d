import { expect, test } from 'vitest';
import { relativeSpread, spreadOf } from './spread.js';

test.each([
  [[3], { median: 3, min: 3, max: 3 }],
  [[9, 1, 2], { median: 2, min: 1, max: 9 }],
  [[4, 1, 2, 10], { median: 3, min: 1, max: 10 }],
])('of %j', (values, spread) => {
  expect(spreadOf(values)).toEqual(spread);
});

test('of nothing there is none', () => {
  expect(() => spreadOf([])).toThrow(RangeError);
});

test('in proportion to the median', () => {
  expect(relativeSpread({ median: 10, min: 9, max: 12 })).toBeCloseTo(0.3);
});
