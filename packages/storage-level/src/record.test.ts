import { crc32 } from 'node:zlib';
import type { Value } from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOf } from './place.js';
import {
  borrowKey,
  checkRecord,
  checkTextRecord,
  isTextRecord,
  storing,
  valueIn,
} from './record.js';

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

  it('of a text may be read as one, and is told apart by its first character', () => {
    fc.assert(
      fc.property(place, value, (place, value) => {
        const read = recordOf(place, value).toString();
        expect(isTextRecord(read)).toBe(typeof value === 'string');
        if (typeof value !== 'string') return;
        expect(valueIn(checkTextRecord(borrowKey(place), read))).toBe(value);
      }),
    );
  });

  it('that was read as a text is told to be damaged when what is read has changed', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(place, text, fc.nat(), fc.nat({ max: 7 }), (place, text, at, bit) => {
        const record = recordOf(place, text);
        const read = record.toString();
        const i = at % record.length;
        record[i] = (record[i] as number) ^ (1 << bit);
        const changed = record.toString();
        // A text may have the character already that comes in the place of what is none.
        fc.pre(changed !== read);
        expect(() => checkTextRecord(borrowKey(place), changed)).toThrow(damaged);
      }),
    );
    const record = recordOf('place', 'value').toString();
    for (let length = 0; length < record.length; length++) {
      const cut = record.slice(0, length);
      expect(() => checkTextRecord(borrowKey('place'), cut)).toThrow(damaged);
    }
    expect(() => checkTextRecord(borrowKey('another'), record)).toThrow(damaged);
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
    const record = recordOf('place', large);
    expect(valueIn(record) === large).toBe(true);
    expect(valueIn(checkTextRecord(borrowKey('place'), record.toString())) === large).toBe(true);
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

  it.each([2, 3])('of a newer version, flags %i, is not taken for one of this version', (flags) => {
    const key = Buffer.from('place');
    const body = Buffer.concat([Buffer.of(flags), Buffer.from('value')]);
    const checksum = crc32(body, crc32(key));
    const bytes =
      flags === 3
        ? [0, 7, 14, 21, 28].map((shift) => (checksum >>> shift) & 0x7f)
        : [0, 8, 16, 24].map((shift) => (checksum >>> shift) & 0xff);
    const record = Buffer.concat([body, Buffer.from(bytes)]);
    const newer = expect.objectContaining({
      code: 'STORAGE_FAILURE',
      message: 'An entry of the database was written by a newer version',
    });
    expect(() => checkRecord(key, record)).toThrow(newer);
    if (flags !== 3) return;
    expect(() => checkTextRecord(borrowKey('place'), record.toString())).toThrow(newer);
  });
});
