import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Item, jsonLine, textLine } from './render.js';
import { parseValue } from './value-argument.js';

describe('an item', () => {
  test.each<[Item, text: string, json: string]>([
    [{ value: 'Tyr' }, 'Tyr', '{"type":"string","value":"Tyr"}'],
    [{ value: '' }, '', '{"type":"string","value":""}'],
    [{ value: 42n }, '42', '{"type":"integer","value":"42"}'],
    [{ value: 1.5 }, '1.5', '{"type":"float","value":1.5}'],
    [{ value: 42 }, '42', '{"type":"float","value":42}'],
    [{ value: -0 }, '-0', '{"type":"float","value":"-0"}'],
    [{ value: Number.NaN }, 'NaN', '{"type":"float","value":"NaN"}'],
    [{ value: Infinity }, 'Infinity', '{"type":"float","value":"Infinity"}'],
    [{ value: -Infinity }, '-Infinity', '{"type":"float","value":"-Infinity"}'],
    [{ value: true }, 'true', '{"type":"boolean","value":true}'],
    [{ value: new Uint8Array([0, 255]) }, 'AP8=', '{"type":"binary","value":"AP8="}'],
    [{ value: null }, '(none)', 'null'],
    [{ key: 'u1', value: 'Tyr' }, 'u1\tTyr', '{"key":"u1","type":"string","value":"Tyr"}'],
    [{ key: 'u2', value: null }, 'u2\t(none)', '{"key":"u2","type":null,"value":null}'],
    [{ key: '', value: false }, '\tfalse', '{"key":"","type":"boolean","value":false}'],
    [
      { key: 'a\n"', value: 'b\n' },
      'a\n"\tb\n',
      '{"key":"a\\n\\"","type":"string","value":"b\\n"}',
    ],
    [{ topic: 't', values: [] }, 't', '{"topic":"t","values":[]}'],
    [
      { topic: 't', values: ['a', 1n] },
      't\ta\t1',
      '{"topic":"t","values":[{"type":"string","value":"a"},{"type":"integer","value":"1"}]}',
    ],
    [{ topic: 't', missed: 3 }, '(messages of t are missing: 3)', '{"topic":"t","missed":3}'],
    [
      { pattern: 't.*', missed: null },
      '(messages of t.* are missing: nobody knows how many)',
      '{"pattern":"t.*","missed":null}',
    ],
  ])('%o', (item, text, json) => {
    expect(textLine(item)).toBe(text);
    expect(jsonLine(item)).toBe(json);
  });

  const anyText = fc.string({ unit: 'binary' });
  const anyValue = fc.oneof(
    anyText,
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double(),
    fc.boolean(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  );

  test('as JSON says all that is needed to store the same again with --type', () => {
    fc.assert(
      fc.property(anyText, anyValue, (key, value) => {
        const line = jsonLine({ key, value });
        expect(line).not.toContain('\n');
        const parsed = JSON.parse(line);
        expect(parsed.key).toBe(key);
        expect(parseValue(parsed.type, String(parsed.value))).toStrictEqual(value);
      }),
    );
  });
});
