import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_HEADER_BYTES, ReadBlock } from '../format/block-header.js';
import { viewOf } from '../format/layout.js';
import { walkRecords } from '../format/record.js';
import { append, appendMany } from '../testing/test-log.js';
import { Block, MAX_PAYLOAD_BYTES } from './block.js';

const HEADER = { flags: 0, changes: 0, epoch: 3, segment: 7, place: 80, first: 100, durable: 99 };
const SEED = 12_345;

/** The changes that stand in bytes of a block. */
function changesIn(bytes: Buffer, payloadBytes: number): Buffer[] {
  const changes: Buffer[] = [];
  const end = BLOCK_HEADER_BYTES + payloadBytes;
  walkRecords(bytes, viewOf(bytes), BLOCK_HEADER_BYTES, end, 0, {
    change: (from, _, start, end) => void changes.push(Buffer.from(from.subarray(start, end))),
    entries() {},
  });
  return changes;
}

describe('a block', () => {
  it('has the changes that were appended, each where it said', () => {
    const write = fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 20 }), fc.nat({ max: 9 }), (writes, before) => {
        const block = new Block();
        const places: [at: number, change: Uint8Array][] = [];
        for (const changes of writes) {
          if (changes.length !== 1) block.beginMany();
          for (const change of changes) {
            // It stands anywhere among others.
            const source = Buffer.concat([Buffer.alloc(before, 1), change, Buffer.alloc(9, 2)]);
            const end = before + change.length;
            const [bytes, view] = [source, viewOf(source)];
            const at =
              changes.length === 1
                ? block.append(bytes, view, before, end)
                : block.appendOne(bytes, view, before, end);
            places.push([at, change]);
          }
          if (changes.length !== 1) block.endMany();
        }
        expect(block.changes).toBe(places.length);
        for (const [at, change] of places) {
          expect(block.out.bytes.subarray(at, at + change.length).equals(change)).toBe(true);
        }
        const payloadBytes = block.out.length - BLOCK_HEADER_BYTES;
        const sealed = block.seal({ ...HEADER, changes: block.changes }, SEED);
        expect(changesIn(sealed, payloadBytes)).toEqual(
          places.map(([, change]) => Buffer.from(change)),
        );
      }),
    );
  });

  it('is sealed with all that its header says, at a length that is a multiple of eight', () => {
    for (let length = 0; length < 20; length++) {
      const block = new Block();
      append(block, 'x'.repeat(length));
      const { sealedBytes } = block;
      const bytes = block.seal({ ...HEADER, changes: 1 }, SEED);
      expect([bytes.length, bytes.length % 8]).toEqual([sealedBytes, 0]);
      const read = new ReadBlock();
      expect(read.look(viewOf(bytes), 0)).toBe(true);
      expect(read).toMatchObject({
        ...HEADER,
        changes: 1,
        payloadBytes: 8 + length,
        bytes: sealedBytes,
      });
      expect(read.isWhole(bytes, viewOf(bytes), 0, SEED)).toBe(true);
      expect(read.isWhole(bytes, viewOf(bytes), 0, SEED + 1)).toBe(false);
      // No byte of it is left out of the checksum, those that fill it up included.
      for (let at = 8; at < bytes.length; at++) {
        const other = Buffer.from(bytes);
        other[at] = (other[at] as number) ^ 1;
        expect(read.isWhole(other, viewOf(other), 0, SEED)).toBe(false);
      }
    }
  });

  it('can be filled again when it was cleared, and has nothing of what was there', () => {
    const block = new Block();
    append(block, 'x'.repeat(100));
    block.seal({ ...HEADER, changes: 1 }, SEED);
    block.clear();
    expect([block.changes, block.out.length]).toEqual([0, BLOCK_HEADER_BYTES]);
    append(block, 'abc');
    const bytes = block.seal({ ...HEADER, changes: 1 }, SEED);
    expect(bytes.subarray(BLOCK_HEADER_BYTES + 8).toString()).toBe('abc\0\0\0\0\0');
  });

  it('does not keep much memory when it was large once', () => {
    const block = new Block();
    append(block, 'x'.repeat(20_000_000));
    expect(block.out.bytes.length).toBeGreaterThan(20_000_000);
    block.clear();
    expect(block.out.bytes.length).toBeLessThan(100_000);
    append(block, 'abc');
    expect(block.view.byteLength).toBe(block.out.bytes.length);
  });

  it('takes back a write that was begun', () => {
    const block = new Block();
    append(block, 'a');
    const { length } = block.out;
    block.beginMany();
    const bytes = Buffer.from('bc');
    block.appendOne(bytes, viewOf(bytes), 0, 1);
    expect([block.changes, block.isUnfinished]).toEqual([2, true]);
    block.abandon();
    expect([block.changes, block.isUnfinished, block.out.length]).toEqual([1, false, length]);
    block.abandon();
    expect(block.changes).toBe(1);
    appendMany(block, 'd', 'e');
    const payloadBytes = block.out.length - BLOCK_HEADER_BYTES;
    const sealed = block.seal({ ...HEADER, changes: 3 }, SEED);
    expect(changesIn(sealed, payloadBytes).map(String)).toEqual(['a', 'd', 'e']);
  });

  it('has no record of a write without changes', () => {
    const block = new Block();
    appendMany(block);
    expect([block.changes, block.out.length]).toEqual([0, BLOCK_HEADER_BYTES]);
  });

  it('refuses what is too large, and is as it was', () => {
    const block = new Block();
    append(block, 'a');
    // As if there were so many bytes: nothing is read or made room for.
    const source = { subarray: () => new Uint8Array() } as unknown as Uint8Array;
    const view = viewOf(new Uint8Array());
    const { length } = block.out;
    const fail = (count: number) => () => block.append(source, view, 0, count);
    expect(fail(MAX_PAYLOAD_BYTES)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
    expect(fail(MAX_PAYLOAD_BYTES - 16)).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_REQUESTS' }),
    );
    block.beginMany();
    expect(() => block.appendOne(source, view, 0, MAX_PAYLOAD_BYTES - 20)).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
    block.abandon();
    expect([block.changes, block.out.length]).toEqual([1, length]);
  });
});
