import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOf, rangeOf } from './place.js';

/** Names made of what could be taken for one another: ends, escapes, and what surrounds them. */
const name = fc.string({
  unit: fc.constantFrom('\0', '\x01', '\x02', 'a', 'b', '\x7f', '\u0080', 'ÿ', '\uffff', '😀'),
  minLength: 1,
  maxLength: 6,
});
const entry = fc.record({ table: name, key: name });

const bytesOf = ({ table, key }: { table: string; key: string }): Buffer =>
  Buffer.from(placeOf(table, key));

function isWithin(place: Buffer, range: ReturnType<typeof rangeOf>): boolean {
  const { lt } = range;
  const from = 'gt' in range ? Buffer.compare(place, range.gt) > 0 : place.compare(range.gte) >= 0;
  return from && Buffer.compare(place, lt) < 0;
}

describe('the place of an entry', () => {
  it('is that of no other entry, whatever tables and keys are called', () => {
    fc.assert(
      fc.property(entry, entry, (a, b) => {
        const same = a.table === b.table && a.key === b.key;
        expect(bytesOf(a).equals(bytesOf(b))).toBe(same);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is that of no other entry, wherever the same text is divided into table and key', () => {
    const text = fc.string({
      unit: fc.constantFrom('\0', '\x01', 'a'),
      minLength: 2,
      maxLength: 9,
    });
    fc.assert(
      fc.property(text, (text) => {
        const divisions: { table: string; key: string }[] = [];
        for (let end = 1; end < text.length; end++) {
          for (let start = end; start < text.length; start++) {
            divisions.push({ table: text.slice(0, end), key: text.slice(start) });
          }
        }
        const entries = new Set(divisions.map((entry) => JSON.stringify(entry)));
        const places = new Set(divisions.map((entry) => bytesOf(entry).toString('hex')));
        expect(places.size).toBe(entries.size);
      }),
    );
  });

  it('is within the range of its own table, and of no other', () => {
    fc.assert(
      fc.property(entry, name, (a, table) => {
        expect(isWithin(bytesOf(a), rangeOf(a.table))).toBe(true);
        expect(isWithin(bytesOf(a), rangeOf(table))).toBe(a.table === table);
      }),
      { numRuns: 2_000 },
    );
  });

  it('comes among those of its table where its key does, by bytes', () => {
    fc.assert(
      fc.property(name, name, name, (table, a, b) => {
        const places = Buffer.compare(bytesOf({ table, key: a }), bytesOf({ table, key: b }));
        expect(places).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it('is within the range of a prefix and after a key just when the key is so', () => {
    fc.assert(
      fc.property(
        name,
        name,
        fc.option(name, { nil: '' }),
        fc.option(name),
        (table, key, prefix, after) => {
          const position = after === null ? undefined : Buffer.from(after);
          const expected =
            key.startsWith(prefix) &&
            (position === undefined || Buffer.compare(Buffer.from(key), position) > 0);
          expect(isWithin(bytesOf({ table, key }), rangeOf(table, prefix, position))).toBe(
            expected,
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('leaves what begins with two NULs to others', () => {
    fc.assert(
      fc.property(entry, (a) => {
        expect(bytesOf(a).subarray(0, 2).equals(Buffer.of(0, 0))).toBe(false);
      }),
    );
  });
});
