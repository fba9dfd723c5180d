import type { Value } from '@kv/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fingerprint } from './fingerprint.js';

const LONG = 'x'.repeat(100_000);

it.each<[value: Value | undefined, expected: string | null]>([
  [undefined, null],
  ['null', 'text "null"'],
  ['a\n', 'text "a\\n"'],
  [1n, 'integer 1'],
  [1, 'float 1'],
  [-0, 'float -0'],
  [0, 'float 0'],
  [Number.NaN, 'float NaN'],
  [true, 'boolean true'],
  [Uint8Array.of(1, 255), 'bytes <01ff>'],
])('of %s is %s', (value, expected) => {
  expect(fingerprint(value)).toBe(expected);
});

it('is short, and tells apart what is long', () => {
  const values = [LONG, `${LONG}x`, `${LONG.slice(1)}y`, Buffer.from(LONG), Buffer.alloc(100_000)];
  const fingerprints = values.map(fingerprint);
  expect(new Set(fingerprints).size).toBe(values.length);
  for (const each of fingerprints) expect(each?.length).toBeLessThan(60);
});

it('is the same just for the same', () => {
  const value = fc.oneof(
    fc.string({ maxLength: 2 }),
    fc.bigInt({ min: -3n, max: 3n }),
    fc.constantFrom(0, -0, 1, 1.5, Number.NaN),
    fc.boolean(),
    fc.uint8Array({ maxLength: 1 }),
  );
  fc.assert(
    fc.property(value, value, (one, other) => {
      const same =
        typeof one === 'object' ? fc.stringify(one) === fc.stringify(other) : Object.is(one, other);
      expect(fingerprint(one) === fingerprint(other)).toBe(same);
    }),
  );
});
