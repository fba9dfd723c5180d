import { describe, expect, it } from 'vitest';
import { KvError } from './kv-error.js';
import { checkText } from './text.js';

describe('the check of a text', () => {
  it.each(['', 'a', '\0', 'ключ', '💯', '\ud83d\udcaf', '\ufffd', '__proto__'])(
    'takes %j',
    (text) => {
      expect(() => checkText('key', text)).not.toThrow();
    },
  );

  it.each(['\ud83d', '\udcaf', 'a\ud83db', '\udcaf\ud83d'])(
    'refuses %j, half of a pair of surrogates',
    (text) => {
      expect(() => checkText('key', text)).toThrow(
        KvError.invalidCommand('key must be well-formed text: it holds a lone surrogate'),
      );
    },
  );

  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [1, 'number'],
    [1n, 'bigint'],
    [{}, 'object'],
    [[], 'object'],
  ])('refuses %s, which is no text', (text, type) => {
    expect(() => checkText('table', text)).toThrow(
      KvError.invalidCommand(`table must be a string, not ${type}`),
    );
  });
});
