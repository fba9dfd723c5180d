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

/** Those from which on an integer takes a byte more, and those before them. */
function powersOfTwo(): bigint[] {
  const powers = Array.from({ length: 8 }, (_, i) => 2n ** BigInt(7 * i + 7));
  return powers.flatMap((power) => [power - 1n, power]);
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
])('what an entry takes is told to the byte: %s, %s', (key, value) => {
  expect(entryBytes([key, value])).toBe(encodedBytes(key, value));
});

it.each([0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), ...powersOfTwo()])(
  'what an integer takes is told to the byte: %s',
  (value) => {
    expect(entryBytes(['k', value])).toBe(encodedBytes('k', value));
  },
);

it('what an entry takes is told to the byte, whatever its key and value', () => {
  const text = fc
    .tuple(fc.constantFrom('x', 'é', '世', '😀', '\u0000'), fc.nat({ max: 6_000 }))
    .map(([character, count]) => character.repeat(count));
  const keys = text.map((rest) => `k${rest}`);
  const values = fc.oneof(
    text,
    fc.nat({ max: 20_000 }).map((length) => new Uint8Array(length)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double(),
    fc.boolean(),
  );
  fc.assert(
    fc.property(keys, values, (key, value) => {
      expect(entryBytes([key, value])).toBe(encodedBytes(key, value));
    }),
  );
});
