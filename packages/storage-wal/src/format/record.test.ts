import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Block } from '../log/block.js';
import { append, appendMany } from '../testing/test-log.js';
import { BLOCK_HEADER_BYTES } from './block-header.js';
import { viewOf } from './layout.js';
import { walkRecords } from './record.js';

/** The records of a block. */
function recordsOf(fill: (block: Block) => void): Buffer {
  const block = new Block();
  fill(block);
  return Buffer.from(block.out.bytes.subarray(BLOCK_HEADER_BYTES, block.out.length));
}

function walk(records: Buffer, skip = 0): { result: unknown; changes: string[] } {
  const changes: string[] = [];
  const result = walkRecords(
    records,
    viewOf(records),
    0,
    records.length,
    skip,
    (bytes, _, start, end) => changes.push(bytes.toString('utf8', start, end)),
  );
  return { result, changes };
}

const RECORDS = recordsOf((block) => {
  append(block, 'a', 'bc');
  appendMany(block, 'd', '', 'ef');
  append(block, 'g');
});
const CHANGES = ['a', 'bc', 'd', '', 'ef', 'g'];

describe('a walk over records', () => {
  it('meets each change, in order', () => {
    expect(walk(RECORDS)).toEqual({ result: 6, changes: CHANGES });
    expect(walk(Buffer.alloc(0))).toEqual({ result: 0, changes: [] });
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('may leave out the first %i, and counts them', (skip) => {
    expect(walk(RECORDS, skip)).toEqual({ result: 6, changes: CHANGES.slice(skip) });
  });

  it('is at an end where something is cut off, and meets nothing that is not whole', () => {
    const ends = new Set<number>();
    for (let end = 0; end <= RECORDS.length; end++) {
      const { result, changes } = walk(RECORDS.subarray(0, end));
      expect(changes).toEqual(CHANGES.slice(0, changes.length));
      if (typeof result === 'number') ends.add(result);
      else expect(result).toMatchObject({ foreign: false });
    }
    expect([...ends]).toEqual([0, 1, 2, 5, 6]);
  });

  it.each([0, 3, 0x101, 0x8000_0001])('needs a later version for flags of %i', (flags) => {
    const records = Buffer.from(RECORDS);
    records.writeUInt32LE(flags, 4);
    const result = { foreign: true, reason: `a record has flags ${flags}` };
    expect(walk(records)).toEqual({ result, changes: [] });
  });

  it('stays among the bytes that it is given, whatever stands in them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 200 }), (junk, from) => {
        const bytes = Buffer.concat([RECORDS, junk]);
        const start = Math.min(from, bytes.length);
        const walked: [number, number][] = [];
        walkRecords(bytes, viewOf(bytes), start, bytes.length, 0, (_, __, ...range) =>
          walked.push(range),
        );
        for (const [changeStart, changeEnd] of walked) {
          expect(changeStart).toBeGreaterThanOrEqual(start);
          expect(changeEnd).toBeGreaterThanOrEqual(changeStart);
          expect(changeEnd).toBeLessThanOrEqual(bytes.length);
        }
      }),
    );
  });
});
