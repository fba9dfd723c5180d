import { describe, expect, test } from 'vitest';
import { parseValue, typeOf, type ValueType } from './value-argument.js';

describe('parseValue', () => {
  test.each<[ValueType, string, unknown]>([
    ['string', 'Tyr', 'Tyr'],
    ['string', '', ''],
    ['string', '42', '42'],
    ['string', '--help', '--help'],
    ['integer', '42', 42n],
    ['integer', '+42', 42n],
    ['integer', '-0', 0n],
    ['integer', '007', 7n],
    ['integer', '9223372036854775807', 2n ** 63n - 1n],
    ['integer', '-9223372036854775808', -(2n ** 63n)],
    ['float', '1', 1],
    ['float', '-1.5e3', -1500],
    ['float', '.5', 0.5],
    ['float', '5.', 5],
    ['float', '-0', -0],
    ['float', '1E-400', 0],
    ['float', 'NaN', Number.NaN],
    ['float', 'Infinity', Number.POSITIVE_INFINITY],
    ['float', '-Infinity', Number.NEGATIVE_INFINITY],
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['binary', '', Buffer.of()],
    ['binary', 'AAH/', Buffer.of(0, 1, 255)],
    ['binary', 'AA==', Buffer.of(0)],
  ])('%s %j', (type, text, value) => {
    expect(parseValue(type, text)).toStrictEqual(value);
    expect(typeOf(parseValue(type, text))).toBe(type);
  });

  test.each<[ValueType, string]>([
    ['integer', ''],
    ['integer', '1.5'],
    ['integer', '1e3'],
    ['integer', '0x10'],
    ['integer', ' 1'],
    ['integer', '1_000'],
    ['integer', '9223372036854775808'],
    ['integer', '-9223372036854775809'],
    ['float', ''],
    ['float', '.'],
    ['float', '1,5'],
    ['float', '0x10'],
    ['float', 'nan'],
    ['float', '1e999'],
    ['boolean', ''],
    ['boolean', 'TRUE'],
    ['boolean', '1'],
    ['binary', 'AA'],
    ['binary', 'A'],
    ['binary', 'AB=='],
    ['binary', 'AA==\n'],
    ['binary', '_-8='],
    ['binary', 'no base64'],
  ])('%s refuses %j', (type, text) => {
    const message = expect.stringContaining(`'${text}' is no value of type ${type}: expected `);
    expect(() => parseValue(type, text)).toThrow(
      expect.objectContaining({ name: 'KvError', code: 'INVALID_COMMAND', message }),
    );
  });

  test('quotes no more of a long text than is needed to know it by', () => {
    expect(() => parseValue('integer', 'x'.repeat(100_000))).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{0,150}$/) }),
    );
  });
});
