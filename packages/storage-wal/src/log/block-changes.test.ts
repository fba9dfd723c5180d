import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { viewOf } from '../format/layout.js';
import { walkRecords } from '../format/record.js';
import { append, appendEntries, appendMany } from '../testing/test-log.js';
import { Block } from './block.js';
import { BlockChanges } from './block-changes.js';

const BEFORE = 48;

/** Writes: of one change each, or of several, or of none. */
const writes = fc.array(fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 4 })));

function bytesOf(...writes: readonly (string | readonly string[])[]): Buffer {
  const block = new Block();
  for (const write of writes) {
    if (typeof write === 'string') append(block, write);
    else appendMany(block, ...write);
  }
  return Buffer.from(block.out.bytes.subarray(0, block.out.length));
}

function changesOf(bytes: Buffer): BlockChanges {
  const changes = new BlockChanges();
  changes.open(viewOf(bytes), BEFORE, bytes.length);
  return changes;
}

/** The changes from there on, and how it comes to an end. */
function rest(changes: BlockChanges, bytes: Buffer): string[] {
  const told: string[] = [];
  for (;;) {
    const step = changes.next();
    if (step !== 'change') return [...told, `- ${step}`];
    told.push(bytes.toString('utf8', changes.start, changes.end));
  }
}

describe('the changes of a block', () => {
  it('are met one by one, as all at once', () => {
    fc.assert(
      fc.property(writes, (some) => {
        const bytes = bytesOf(...some);
        const all: string[] = [];
        walkRecords(bytes, viewOf(bytes), BEFORE, bytes.length, 0, {
          change: (_, __, start, end) => void all.push(bytes.toString('utf8', start, end)),
          entries() {},
        });
        expect(rest(changesOf(bytes), bytes)).toEqual([...all, '- end']);
      }),
    );
  });

  it('can be gone back to, wherever it was marked', () => {
    const bytes = bytesOf('a', ['b', 'c', 'd'], [], 'e');
    for (let skip = 0; skip <= 5; skip++) {
      const changes = changesOf(bytes);
      for (let i = 0; i < skip; i++) changes.next();
      changes.mark();
      const expected = rest(changes, bytes);
      changes.back();
      expect(rest(changes, bytes)).toEqual(expected);
      expect(expected).toEqual([...['a', 'b', 'c', 'd', 'e'].slice(skip), '- end']);
    }
  });

  it('come with what was there before, if that was logged, also from where it was marked', () => {
    const block = new Block();
    append(block, 'a');
    appendMany(block, 'b', 'c');
    const olds = Buffer.from([2, 0, 0, 0, 65, 66, 0, 0, 0, 0, 1, 0, 0, 0, 67]);
    block.appendOldValues(olds, olds.length);
    const bytes = Buffer.from(block.out.bytes.subarray(0, block.out.length));
    const changes = changesOf(bytes);
    const old = () => {
      expect([changes.next(), changes.isOldKnown]).toEqual(['change', true]);
      return bytes.toString('latin1', changes.oldStart, changes.oldEnd);
    };
    expect(old()).toBe('AB');
    changes.mark();
    expect([old(), old(), changes.next()]).toEqual(['', 'C', 'end']);
    changes.back();
    expect([old(), old(), changes.next()]).toEqual(['', 'C', 'end']);
    // Of the last, its length would be another.
    bytes.writeUInt32LE(2, bytes.length - 5);
    expect(rest(changesOf(bytes), bytes)).toEqual(['a', 'b', '- bad']);
    const other = bytesOf('a');
    changes.open(viewOf(other), BEFORE, other.length);
    expect([changes.next(), changes.isOldKnown]).toEqual(['change', false]);
  });

  it('are not told of a list of entries', () => {
    const block = new Block();
    append(block, 'a');
    appendEntries(block, 2, 'list');
    const bytes = Buffer.from(block.out.bytes.subarray(0, block.out.length));
    expect(rest(changesOf(bytes), bytes)).toEqual(['a', '- entries']);
  });

  it.each([
    ['a record', ['a'], 0],
    ['a record of several', [['a', 'b']], 0],
    ['a change of several', [['a', 'b']], 8],
  ])('are not told of %s that is longer than what it is in', (_, some, at) => {
    const bytes = bytesOf(...some);
    bytes.writeUInt32LE(100, BEFORE + at);
    expect(rest(changesOf(bytes), bytes).at(-1)).toBe('- bad');
  });
});
