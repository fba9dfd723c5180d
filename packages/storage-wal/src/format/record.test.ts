import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Block } from '../log/block.js';
import { append, appendEntries, appendMany, entriesText, replayInto } from '../testing/test-log.js';
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
  const replay = replayInto(changes);
  const result = walkRecords(records, viewOf(records), 0, records.length, skip, replay);
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

  it('meets entries together, which are as many changes as there are', () => {
    const records = recordsOf((block) => {
      append(block, 'a');
      appendEntries(block, 3, 'list');
      append(block, 'b');
    });
    const list = entriesText(3, 'list');
    expect(walk(records)).toEqual({ result: 5, changes: ['a', list, 'b'] });
    expect(walk(records, 1)).toEqual({ result: 5, changes: [list, 'b'] });
    expect(walk(records, 4)).toEqual({ result: 5, changes: ['b'] });
    for (const skip of [2, 3]) {
      const result = { foreign: false, reason: 'entries are older in part' };
      expect(walk(records, skip)).toEqual({ result, changes: [] });
    }
    for (let end = 9; end < 9 + 8 + 4 + 4; end++) {
      expect(walk(records.subarray(0, end)).changes).toEqual(['a']);
    }
  });

  it('passes over what was there before', () => {
    const records = recordsOf((block) => {
      append(block, 'a', 'b');
      block.appendOldValues(Buffer.alloc(8), 8);
    });
    expect(walk(records)).toEqual({ result: 2, changes: ['a', 'b'] });
  });

  it('is not whole if a record of entries has no room to say how many', () => {
    const records = recordsOf((block) => appendEntries(block, 1, ''));
    records.writeUInt32LE(3, 0);
    const result = { foreign: false, reason: 'a record of entries is cut off' };
    expect(walk(records)).toEqual({ result, changes: [] });
  });

  it.each([0, 5, 0x101, 0x8000_0001])('needs a later version for flags of %i', (flags) => {
    const records = Buffer.from(RECORDS);
    records.writeUInt32LE(flags, 4);
    const result = { foreign: true, reason: `a record has flags ${flags}` };
    expect(walk(records)).toEqual({ result, changes: [] });
  });

  it('stays among the bytes that it is given, whatever stands in them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 200 }), (junk, at) => {
        const bytes = Buffer.concat([RECORDS, junk]);
        const start = Math.min(at, bytes.length);
        const walked: [number, number][] = [];
        const note = (_: Buffer, __: DataView, from: number, to: number) =>
          void walked.push([from, to]);
        const replay = { change: note, entries: note };
        walkRecords(bytes, viewOf(bytes), start, bytes.length, 0, replay);
        for (const [changeStart, changeEnd] of walked) {
          expect(changeStart).toBeGreaterThanOrEqual(start);
          expect(changeEnd).toBeGreaterThanOrEqual(changeStart);
          expect(changeEnd).toBeLessThanOrEqual(bytes.length);
        }
      }),
    );
  });
});
