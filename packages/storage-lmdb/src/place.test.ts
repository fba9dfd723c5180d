import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  haveSameHead,
  joinKey,
  MAX_PLACE_BYTES,
  MAX_TABLE_BYTES,
  prefixOf,
  rangeOf,
  readPlace,
  tailOf,
  WHOLE_BYTES,
  writePlace,
} from './place.js';

/** Text in which there is much that could be taken for something else, and of which beginnings are the same. */
const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
  fc.string({
    unit: fc.constantFrom('\0', '\x01', 'a', 'ÿ', '\uffff', '\u{10ffff}'),
    minLength: 1,
  }),
);
/** The same with what is about as long as a place may be, in characters of one to four bytes. */
const longText = fc
  .tuple(fc.constantFrom('k', 'ü', '世', '😀'), fc.integer({ min: 0, max: 2000 }), text)
  .map(([unit, bytes, end]) => unit.repeat(bytes / Buffer.byteLength(unit)) + end);
const key = fc.oneof(text, longText);

const ROOM = 8192;
const START = 20;

/** A place as the driver is given it, in the middle of zeros. */
function placeOf(table: string, key: string): Buffer {
  const target = Buffer.alloc(ROOM);
  const end = writePlace(table, key, target, START);
  expect(target.subarray(0, START).every((byte) => byte === 0)).toBe(true);
  expect(target.subarray(end).every((byte) => byte === 0)).toBe(true);
  return target.subarray(START, end);
}

const sameBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('a place', () => {
  it('is that of one entry alone', () => {
    fc.assert(
      fc.property(text, key, text, key, (tableA, keyA, tableB, keyB) => {
        const same = tableA === tableB && keyA === keyB;
        expect(placeOf(tableA, keyA).equals(placeOf(tableB, keyB))).toBe(same);
      }),
    );
  });

  it('is none that LMDB would not take, and does not begin with what is left for others', () => {
    fc.assert(
      fc.property(text, key, (table, key) => {
        const place = placeOf(table, key);
        expect(place.length).toBeLessThanOrEqual(MAX_PLACE_BYTES);
        expect(place[0]).toBeLessThan(0xff);
      }),
    );
  });

  it('tells the key, with the tail if there is one', () => {
    fc.assert(
      fc.property(text, key, (table, key) => {
        const place = placeOf(table, key);
        const read = readPlace(
          Buffer.concat([Buffer.of(1, 2), place, Buffer.of(3)]),
          2,
          place.length + 2,
        );
        const tail = tailOf(table, key);
        if (tail === undefined) expect(read).toBe(key);
        else expect(joinKey(read as Buffer, tail)).toBe(key);
      }),
    );
  });

  it('is in the order of the bytes of the keys, unless both have the same head and a tail', () => {
    fc.assert(
      fc.property(text, key, key, (table, a, b) => {
        const [placeA, placeB] = [placeOf(table, a), placeOf(table, b)];
        const bothCut = tailOf(table, a) !== undefined && tailOf(table, b) !== undefined;
        if (bothCut && haveSameHead(placeA, placeB)) return;
        expect(Math.sign(Buffer.compare(placeA, placeB))).toBe(sameBytes(a, b));
      }),
    );
  });

  it('has all of a key up to its limit, and no more beyond it', () => {
    const longest = 'k'.repeat(WHOLE_BYTES - 'table'.length - 1);
    expect(placeOf('table', longest)).toEqual(Buffer.from(`table\xff${longest}`, 'latin1'));
    expect(tailOf('table', longest)).toBeUndefined();
    const cut = placeOf('table', `${longest}é`);
    const hash = createHash('sha256').update('é').digest();
    const head = Buffer.from(`table\xff${longest}\xff`, 'latin1');
    expect(cut).toEqual(Buffer.concat([head, hash]));
    expect(tailOf('table', `${longest}é`)).toEqual(Buffer.from('é'));
  });

  it('has room for a key beside the longest name of a table', () => {
    const place = placeOf('t'.repeat(MAX_TABLE_BYTES), 'k'.repeat(900));
    expect(place.toString('latin1').endsWith(`t\xff${'k'.repeat(900)}`)).toBe(true);
  });
});

describe('a range', () => {
  const within = (place: Buffer, table: string, prefix?: string): boolean => {
    const { start, end } = rangeOf(table, prefix);
    return Buffer.compare(start, place) <= 0 && Buffer.compare(place, end) < 0;
  };

  it('has all entries of a table, and of no other', () => {
    fc.assert(
      fc.property(text, text, key, (table, other, key) => {
        expect(within(placeOf(table, key), table)).toBe(true);
        expect(within(placeOf(other, key), table)).toBe(table === other);
      }),
    );
  });

  it('with a prefix has all entries whose keys begin with it, and others only behind a whole place', () => {
    fc.assert(
      fc.property(text, key, key, (table, key, end) => {
        expect(within(placeOf(table, key + end), table, key)).toBe(true);
        const whole = prefixOf(table).length + Buffer.byteLength(key) <= WHOLE_BYTES;
        if (whole) expect(within(placeOf(table, end), table, key)).toBe(end.startsWith(key));
      }),
    );
  });
});
