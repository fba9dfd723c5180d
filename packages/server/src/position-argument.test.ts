import { describe, expect, test } from 'vitest';
import { parsePosition, positionText } from './position-argument.js';

describe('a position', () => {
  const position = { epoch: 127803965044113, sequence: 7 };

  test('is read as it is printed, and as the library has it', () => {
    expect(positionText(position)).toBe('127803965044113:7');
    expect(parsePosition(positionText(position))).toEqual(position);
    expect(parsePosition(JSON.stringify(position))).toEqual(position);
    expect(parsePosition(' { "sequence": 0, "epoch": 1 } ')).toEqual({ epoch: 1, sequence: 0 });
  });

  test.each([
    '',
    '12',
    '1:2:3',
    '1:-2',
    '1:2.5',
    '1:',
    'a:b',
    '1:99999999999999999999',
    'null',
    '{}',
    '[1,2]',
    '"1:2"',
    '{"epoch":1}',
    '{"epoch":"1","sequence":"2"}',
    '{"epoch":1,"sequence":-2}',
    '{"epoch":1,"sequence":0.5}',
    '{"epoch":1,"sequence":9007199254740992}',
    '{epoch:1,sequence:2}',
  ])('is not %j', (text) => {
    expect(() => parsePosition(text)).toThrow(
      `a position is an epoch and a sequence, 3:7 or {"epoch":3,"sequence":7}, and not '${text}'`,
    );
  });
});
