import { ByteWriter, type Value } from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRecordBytes, encodeRecord, readTail, readValue } from './record.js';

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.uint8Array(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.boolean(),
);
const tail = fc.option(
  fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes)),
  { nil: undefined },
);

describe('a record', () => {
  it('has the value, and the tail of the key if there is one', () => {
    const out = new ByteWriter();
    fc.assert(
      fc.property(value, tail, (value, tail) => {
        const record = encodeRecord(value, tail, out);
        expect(readValue(record)).toStrictEqual(value);
        expect(readTail(record)).toEqual(tail);
      }),
    );
  });

  it('shares no memory with what it was made of, nor what is read from it with it', () => {
    const out = new ByteWriter();
    const [bytes, tail] = [Uint8Array.of(1, 2), Buffer.of(3, 4)];
    const record = encodeRecord(bytes, tail, out);
    encodeRecord('something else', undefined, out);
    bytes.fill(9);
    tail.fill(9);
    const read = [readValue(record), readTail(record)];
    record.fill(9);
    expect(read).toEqual([Uint8Array.of(1, 2), Buffer.of(3, 4)]);
  });

  it.each([2, 3, 0x80])('with flags that are not known (%i) is not taken for another', (flags) => {
    const record = Buffer.of(flags, 0, 0, 0, 0, 0x28, 1);
    const newer = expect.objectContaining({
      code: 'STORAGE_FAILURE',
      message: expect.stringContaining('newer version'),
    });
    expect(() => readValue(record)).toThrow(newer);
    expect(() => readTail(record)).toThrow(newer);
  });

  it.each([
    ['nothing in it', Buffer.of()],
    ['flags alone', Buffer.of(0)],
    ['zeros in the place of a value', Buffer.alloc(100)],
    ['a tail that has no end', Buffer.of(1, 9, 0, 0, 0, 0x28, 1)],
  ])('with %s is damaged', (_, record) => {
    expect(() => readValue(record)).toThrow(
      expect.objectContaining({
        code: 'STORAGE_FAILURE',
        message: expect.stringMatching(/damaged|newer/),
      }),
    );
  });

  it('may have as many bytes as fit 31 bits', () => {
    expect(() => checkRecordBytes(2_147_483_647)).not.toThrow();
    expect(() => checkRecordBytes(2_147_483_648)).toThrow(
      expect.objectContaining({
        code: 'TOO_LARGE',
        message: 'The value exceeds the limit of 2147483647 bytes',
      }),
    );
  });

  it('for which there is no memory leaves nothing behind', () => {
    const out = new ByteWriter();
    const reserve = out.reserve;
    out.reserve = (count) => {
      if (count > 1000) throw new RangeError('Array buffer allocation failed');
      reserve.call(out, count);
    };
    expect(() => encodeRecord(new Uint8Array(2000), undefined, out)).toThrow(
      expect.objectContaining({ code: 'STORAGE_FAILURE', cause: expect.any(RangeError) }),
    );
    expect(readValue(encodeRecord('v', undefined, out))).toBe('v');
  });
});
