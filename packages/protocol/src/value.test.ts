import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ValueMessage } from './messages.js';
import {
  checkValue,
  requiredValue,
  type Value,
  valueFromMessage,
  valueToMessage,
} from './value.js';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const LONE_SURROGATES = ['\ud800', 'a\udc00', '\udc00\ud800'];

const values: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.uint8Array(),
  fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
  fc.double(),
  fc.boolean(),
);

const CASES: [string, Value, ValueMessage['value']['case']][] = [
  ['text', 'a', 'string'],
  ['empty text', '', 'string'],
  ['binary', Uint8Array.of(1), 'binary'],
  ['empty binary', Uint8Array.of(), 'binary'],
  ['a Buffer', Buffer.of(1), 'binary'],
  ['an integer', 1n, 'integer'],
  ['zero as an integer', 0n, 'integer'],
  ['a float', 1, 'float'],
  ['zero as a float', 0, 'float'],
  ['not a number', Number.NaN, 'float'],
  ['true', true, 'bool'],
  ['false', false, 'bool'],
];

const invalid = (reason: string): object =>
  expect.objectContaining({ code: 'INVALID_COMMAND', message: expect.stringContaining(reason) });

describe('a value', () => {
  it('travels and comes back as it was, type and all', () => {
    fc.assert(
      fc.property(values, (value) => {
        const message = valueToMessage(value);
        expect(valueFromMessage(message)).toStrictEqual(value);
        expect(requiredValue(message)).toStrictEqual(value);
        expect(() => checkValue(value)).not.toThrow();
      }),
    );
  });

  it.each(CASES)('travels by its type: %s', (_, value, type) => {
    expect(valueToMessage(value)).toStrictEqual({ value: { case: type, value } });
  });

  it.each([null, undefined])('that is %s travels as the empty one', (value) => {
    expect(valueToMessage(value)).toStrictEqual({ value: { case: undefined } });
  });

  it.each<[string, ValueMessage | undefined]>([
    ['absent', undefined],
    ['empty', { value: { case: undefined } }],
  ])('that is %s is null in an answer, and refused in a request', (_, message) => {
    expect(valueFromMessage(message)).toBeNull();
    expect(() => requiredValue(message)).toThrow(invalid('a pair must have a value'));
  });
});

describe('the check of a value', () => {
  it.each([INT64_MIN, -1n, 0n, INT64_MAX])('takes the integer %s', (value) => {
    expect(() => checkValue(value)).not.toThrow();
    expect(requiredValue({ value: { case: 'integer', value } })).toBe(value);
  });

  it.each([INT64_MIN - 1n, INT64_MAX + 1n])('refuses the integer %s beyond int64', (value) => {
    const error = invalid(`value ${value} does not fit a 64-bit integer`);
    expect(() => checkValue(value)).toThrow(error);
    expect(() => requiredValue({ value: { case: 'integer', value } })).toThrow(error);
  });

  it.each(LONE_SURROGATES)('refuses text with a lone surrogate: %j', (value) => {
    expect(() => checkValue(value)).toThrow(invalid('lone surrogate'));
    expect(() => requiredValue({ value: { case: 'string', value } })).toThrow(
      invalid('lone surrogate'),
    );
  });

  it.each<[unknown, string]>([
    [null, 'null'],
    [undefined, 'undefined'],
    [{}, 'object'],
    [[], 'object'],
    [new Date(0), 'object'],
    [new Uint16Array(1), 'object'],
    [new ArrayBuffer(1), 'object'],
    [Symbol('s'), 'symbol'],
    [() => 1, 'function'],
  ])('refuses %s, which is of no type of a value', (value, type) => {
    expect(() => checkValue(value)).toThrow(
      invalid(`value must be a string, Uint8Array, bigint, number or boolean, not ${type}`),
    );
  });
});

describe('a required value', () => {
  const typed: [Value, ValueMessage['value']['case']][] = [
    ['a', 'string'],
    [Uint8Array.of(1), 'binary'],
    [1n, 'integer'],
    [1, 'float'],
    [true, 'bool'],
  ];
  const mixed = typed.flatMap(([value, own]) =>
    typed.filter(([, type]) => type !== own).map(([, type]) => ({ value, type })),
  );

  it.each(mixed)(
    'is refused if it is not what its case says: $value as $type',
    ({ value, type }) => {
      const message = { value: { case: type, value } } as ValueMessage;
      expect(() => requiredValue(message)).toThrow(invalid(`value is not of the type ${type}`));
    },
  );

  it('is refused if it is of no type of a value at all', () => {
    const message = { value: { case: 'string', value: {} } } as unknown as ValueMessage;
    expect(() => requiredValue(message)).toThrow(invalid('value must be a string'));
  });
});
