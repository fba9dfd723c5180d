import { type KvpairMessage, valueToMessage } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from './limits.js';
import { checkPair } from './pair.js';

describe('the check of a pair', () => {
  it('gives its key and its value', () => {
    const pair = { key: 'k', value: valueToMessage(false) };
    expect(checkPair(pair, DEFAULT_LIMITS)).toEqual({ key: 'k', value: false });
  });

  it.each<[string, KvpairMessage | undefined, string, string]>([
    ['that is absent', undefined, 'INVALID_COMMAND', 'there must be a pair'],
    ['that is null', JSON.parse('null'), 'INVALID_COMMAND', 'there must be a pair'],
    ['without a value', { key: 'k' }, 'INVALID_COMMAND', 'a pair must have a value'],
    [
      'with an empty value',
      { key: 'k', value: valueToMessage(null) },
      'INVALID_COMMAND',
      'a pair must have a value',
    ],
    [
      'without a key',
      { key: '', value: valueToMessage(1) },
      'INVALID_COMMAND',
      'must not be empty',
    ],
    [
      'with too long a key',
      { key: 'k'.repeat(4097), value: valueToMessage(1) },
      'TOO_LARGE',
      'exceeds the limit of 4096 bytes',
    ],
    [
      'with an integer beyond int64',
      { key: 'k', value: valueToMessage(2n ** 63n) },
      'INVALID_COMMAND',
      'does not fit a 64-bit integer',
    ],
  ])('refuses one %s', (_, pair, code, message) => {
    expect(() => checkPair(pair, DEFAULT_LIMITS)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
