import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from './byte-writer.js';
import { type ChangeDetails, writeChangeResponse } from './change-response.js';
import { positionToMessage } from './position.js';
import { okResponse } from './response.js';
import { straightLineCodec } from './straight-line-codec.js';
import type { Value } from './value.js';
import { valueToMessage } from './value.js';

const count = fc.oneof(fc.maxSafeNat(), fc.nat(300), fc.constantFrom(2 ** 31 - 1, 2 ** 31));
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.boolean(),
);
const details: fc.Arbitrary<ChangeDetails> = fc.record({
  position: fc.record({ epoch: count, sequence: count }),
  key: fc.string({ unit: 'binary', maxLength: 200 }),
  cause: fc.constantFrom('set', 'delete'),
  value: fc.option(value, { nil: undefined }),
  old: fc.option(value, { nil: undefined }),
  oldKnown: fc.boolean(),
});

describe('the response that tells of a change', () => {
  it('has the bytes that the codec makes of it', () => {
    fc.assert(
      fc.property(details, (change) => {
        const { position, key, cause, value, old, oldKnown } = change;
        const [written, encoded] = [new ByteWriter(), new ByteWriter()];
        writeChangeResponse(change, written);
        const message = {
          ...{ position: positionToMessage(position), key, cause, oldKnown },
          value: value === undefined ? undefined : valueToMessage(value),
          old: old === undefined ? undefined : valueToMessage(old),
        };
        straightLineCodec.encodeResponse({ ...okResponse([]), change: message }, encoded);
        expect(written.take()).toEqual(encoded.take());
      }),
    );
  });
});
