import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from './byte-writer.js';
import { encodeValue } from './gen/abi/abi_codec.js';
import { type Value, valueToMessage } from './value.js';
import { readValueMessage, writeValueMessage } from './value-message.js';

const values: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.nat({ max: 300 }).map((length) => 'v'.repeat(length)),
  fc.uint8Array({ maxLength: 300 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.boolean(),
);

describe('the message of a value', () => {
  it('is what the codec makes of it', () => {
    fc.assert(
      fc.property(values, (value) => {
        const [mine, codecs] = [new ByteWriter(), new ByteWriter()];
        writeValueMessage(value, mine);
        encodeValue(valueToMessage(value), codecs);
        expect(mine.take()).toEqual(codecs.take());
      }),
    );
  });

  it('is read as the value, wherever it stands', () => {
    fc.assert(
      fc.property(values, fc.nat({ max: 9 }), (value, start) => {
        const out = new ByteWriter();
        out.write(new Uint8Array(start).fill(0xff));
        writeValueMessage(value, out);
        const end = out.length;
        out.write(Uint8Array.of(0xff, 0xff));
        expect(readValueMessage(out.bytes, start, end)).toStrictEqual(value);
      }),
    );
  });

  it('is read as bytes of their own', () => {
    const out = new ByteWriter();
    writeValueMessage(Uint8Array.of(1, 2), out);
    const read = readValueMessage(out.bytes, 0, out.length);
    out.bytes.fill(9);
    expect(read).toStrictEqual(Uint8Array.of(1, 2));
  });
});
