import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkKey,
  checkKeys,
  checkTable,
  DEFAULT_LIMITS,
  limitsOf,
  type NameLimits,
} from './limits.js';

const LIMITS: NameLimits = { maxTableBytes: 6, maxKeyBytes: 9 };

const refusal = (code: string, message: string): object =>
  expect.objectContaining({ name: 'KvError', code, message: expect.stringContaining(message) });

describe.each([
  ['table', checkTable, LIMITS.maxTableBytes],
  ['key', checkKey, LIMITS.maxKeyBytes],
])('the check of a %s', (what, check, maxBytes) => {
  it.each(['a', ' ', '\0', '__proto__', 'constructor'])('takes %j', (name) => {
    expect(() => check(name, DEFAULT_LIMITS)).not.toThrow();
  });

  it('refuses just what has more bytes of UTF-8 than the limit', () => {
    // Of one, two, three and four bytes of UTF-8, the last of two units of UTF-16.
    const characters = fc.constantFrom('a', 'é', '€', '💯');
    fc.assert(
      fc.property(fc.string({ unit: characters, minLength: 1, maxLength: 12 }), (name) => {
        const verdict = expect(() => check(name, LIMITS));
        const error = refusal('TOO_LARGE', `The ${what} exceeds the limit of ${maxBytes} bytes`);
        if (new TextEncoder().encode(name).length > maxBytes) verdict.toThrow(error);
        else verdict.not.toThrow();
      }),
    );
  });

  it('refuses an empty one', () => {
    expect(() => check('', LIMITS)).toThrow(
      refusal('INVALID_COMMAND', `\`${what} must not be empty\``),
    );
  });

  it.each(['\ud800', 'a\udc00'])('refuses one with a lone surrogate: %j', (name) => {
    expect(() => check(name, LIMITS)).toThrow(
      refusal('INVALID_COMMAND', `${what} must be well-formed text`),
    );
  });

  it.each([undefined, null, 1])('refuses %s, which is no text', (name) => {
    expect(() => check(name as unknown as string, LIMITS)).toThrow(
      refusal('INVALID_COMMAND', `${what} must be a string`),
    );
  });
});

describe('the limits', () => {
  it('are 255 bytes for a table and 4096 for a key by default', () => {
    expect(DEFAULT_LIMITS).toMatchObject({ maxTableBytes: 255, maxKeyBytes: 4096 });
  });

  it.each(['', '\ud800', 'k'.repeat(10)])('hold for each of several keys: %j', (bad) => {
    expect(() => checkKeys(['a', 'b'], LIMITS)).not.toThrow();
    expect(() => checkKeys(['a', bad], LIMITS)).toThrow(
      expect.objectContaining({ name: 'KvError' }),
    );
  });
});

describe('the limits of an engine', () => {
  it('are the defaults where nothing is said', () => {
    expect(limitsOf({ maxKeyBytes: 10 })).toEqual({ ...DEFAULT_LIMITS, maxKeyBytes: 10 });
    expect(limitsOf({ maxTableBytes: undefined, maxKeyBytes: undefined })).toEqual(DEFAULT_LIMITS);
  });

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, JSON.parse('"9"')])(
    'are refused if one is %o, which would limit nothing, or everything',
    (maxKeyBytes) => {
      expect(() => limitsOf({ maxKeyBytes })).toThrow(RangeError);
    },
  );

  it('are refused if there is no such limit', () => {
    expect(() => limitsOf(JSON.parse('{ "maxKeys": 1 }'))).toThrow(
      new TypeError("There is no option 'maxKeys' of the limits of an Engine"),
    );
  });
});
