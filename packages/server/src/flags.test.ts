import { describe, expect, test } from 'vitest';
import { count, milliseconds, size, text } from './flags.js';

const refusal = expect.objectContaining({ code: 'commander.invalidArgument' });

describe('a size', () => {
  test.each([
    ['1', 1],
    ['512', 512],
    ['64k', 65_536],
    ['64K', 65_536],
    ['16m', 16_777_216],
    ['1g', 1_073_741_824],
  ])('%s', (given, bytes) => {
    expect(size(1)(given)).toBe(bytes);
  });

  test.each(['', '0', 'k', '-1', '1.5k', '1kb', '1 k', '64t', '99999999999999999', '9999999999g'])(
    'not %j',
    (given) => {
      expect(() => size(1)(given)).toThrow(refusal);
    },
  );
});

describe('a number', () => {
  test.each(['0', '65535', '080'])('%s', (given) => {
    expect(count(0, 65_535)(given)).toBe(Number(given));
  });

  test.each(['', '-1', '65536', '1.5', '1e3', '0x10', ' 1', 'NaN', 'Infinity'])(
    'not %j',
    (given) => {
      expect(() => count(0, 65_535)(given)).toThrow(refusal);
    },
  );

  test('of milliseconds is none that a timer would take for 1', () => {
    expect(milliseconds(0)('2147483647')).toBe(2_147_483_647);
    expect(() => milliseconds(0)('2147483648')).toThrow(refusal);
  });
});

test('text must not be empty', () => {
  expect(text('localhost')).toBe('localhost');
  expect(() => text('')).toThrow(refusal);
});
