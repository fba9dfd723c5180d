import {
  ByteWriter,
  okResponse,
  straightLineCodec,
  type Value,
  valueToMessage,
} from '@kv/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { entryBytes } from './entry-bytes.js';

/** What a pair adds to a response. */
function encodedBytes(key: string, value: Value): number {
  const out = new ByteWriter();
  const response = okResponse([], [{ key, value: valueToMessage(value) }]);
  straightLineCodec.encodeResponse(response, out);
  const withPair = out.take().length;
  straightLineCodec.encodeResponse(okResponse([]), out);
  return withPair - out.take().length;
}

it.each<[string, Value]>([
  ['k', 'v'],
  ['k', ''],
  ['ключ', 'grüße'],
  ['k', Uint8Array.of(1, 2)],
  ['k', 0n],
  ['k', 127n],
  ['k', 1.5],
  ['k', true],
])('what an entry takes is told to the byte if it is short: %s, %s', (key, value) => {
  expect(entryBytes([key, value])).toBe(encodedBytes(key, value));
});

it('no more is told than an entry takes, and little less', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 });
  const keys = fc.string({ unit: 'binary', minLength: 1, maxLength: 300 });
  const values = fc.oneof(text, fc.uint8Array({ maxLength: 300 }), fc.double(), fc.boolean());
  fc.assert(
    fc.property(keys, values, (key, value) => {
      const encoded = encodedBytes(key, value);
      expect(entryBytes([key, value])).toBeLessThanOrEqual(encoded);
      // A byte more for the length of each of the four that may have one.
      expect(entryBytes([key, value])).toBeGreaterThanOrEqual(encoded - 4);
    }),
  );
});
