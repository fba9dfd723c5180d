import { crc32 } from 'node:zlib';
import type { Value } from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOf } from './place.js';
import { borrowKey, checkRecord, storing, valueIn } from './record.js';

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 300 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.boolean(),
);
const text = fc.string({ unit: 'grapheme', minLength: 1 });
const place = fc.tuple(text, text).map(([table, key]) => placeOf(table, key));

const damaged = expect.objectContaining({
  code: 'STORAGE_FAILURE',
  message: 'An entry of the database is damaged',
});

/** What is stored of a value. */
function recordOf(place: string, value: Value): Buffer {
  return storing(place, value).record as Buffer;
}

describe('a record', () => {
  it('gives back the value, under the key of the place', () => {
    fc.assert(
      fc.property(place, value, (place, value) => {
        expect(borrowKey(place)).toEqual(Buffer.from(place));
        const record = checkRecord(borrowKey(place), recordOf(place, value));
        expect(valueIn(record)).toStrictEqual(value);
      }),
    );
  });

  it('has a copy of bytes, and gives out another', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const record = recordOf('place', bytes);
    bytes.fill(9);
    const first = valueIn(record) as Uint8Array;
    expect(first).toStrictEqual(Uint8Array.of(1, 2, 3));
    first.fill(9);
    expect(valueIn(record)).toStrictEqual(Uint8Array.of(1, 2, 3));
  });

  it('keeps values as large as frames', () => {
    const large = 'é'.repeat(8 * 1024 * 1024);
    expect(valueIn(recordOf('place', large)) === large).toBe(true);
  });

  it('is told to be damaged when any bit of it has changed', () => {
    fc.assert(
      fc.property(place, value, fc.nat(), fc.nat({ max: 7 }), (place, value, at, bit) => {
        const record = recordOf(place, value);
        const i = at % record.length;
        record[i] = (record[i] as number) ^ (1 << bit);
        expect(() => checkRecord(Buffer.from(place), record)).toThrow(damaged);
      }),
    );
  });

  it('is told to be damaged when it is cut off, at any length', () => {
    const record = recordOf('place', 'value');
    for (let length = 0; length < record.length; length++) {
      expect(() => checkRecord(Buffer.from('place'), record.subarray(0, length))).toThrow(damaged);
    }
  });

  it('is told to be damaged when it stands under another key', () => {
    fc.assert(
      fc.property(place, place, value, (place, other, value) => {
        fc.pre(place !== other);
        expect(() => checkRecord(Buffer.from(other), recordOf(place, value))).toThrow(damaged);
      }),
    );
  });

  it('of a newer version is not taken for one of this version', () => {
    const key = Buffer.from('place');
    const body = Buffer.concat([Buffer.of(1), recordOf('place', 'value').subarray(1, -4)]);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32LE(crc32(body, crc32(key)));
    expect(() => checkRecord(key, Buffer.concat([body, checksum]))).toThrow(
      expect.objectContaining({
        code: 'STORAGE_FAILURE',
        message: 'An entry of the database was written by a newer version',
      }),
    );
  });
});
