import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOf, ReadBlock, sealBlock } from './block-header.js';
import { getUint64, putUint64, viewOf } from './layout.js';
import { decodeManifest, encodeManifest, type Manifest } from './manifest.js';
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from './segment-header.js';

const storeId = fc.uint8Array({ minLength: 16, maxLength: 16 });
const sequence = fc.maxSafeNat();
const epoch = fc.nat({ max: 0xffff_ffff });

const segmentHeader: fc.Arbitrary<SegmentHeader> = fc.record({
  storeId,
  number: sequence,
  epoch,
  hashSeed: fc.option(fc.uint8Array({ minLength: 8, maxLength: 8 }), { nil: undefined }),
});

const manifest: fc.Arbitrary<Manifest> = fc.record({
  storeId,
  firstSegment: sequence,
  lastSegment: sequence,
  durable: sequence,
  snapshot: fc.option(fc.record({ start: sequence, end: sequence }), { nil: undefined }),
  epochs: fc.array(fc.record({ epoch, tag: fc.nat({ max: 0xffff_ffff }), first: sequence })),
  repaired: fc.boolean(),
});

/** The headers of files, and how they are encoded and decoded. */
const KINDS = {
  segment: {
    example: encodeSegmentHeader(
      fc.sample(segmentHeader, { seed: 1, numRuns: 1 })[0] as SegmentHeader,
    ),
    decode: decodeSegmentHeader,
  },
  manifest: {
    example: encodeManifest(fc.sample(manifest, { seed: 1, numRuns: 1 })[0] as Manifest),
    decode: decodeManifest,
  },
} as const;

/** Changes a header, and makes its checksum right again: as another version would have written it. */
function changed(bytes: Buffer, change: (bytes: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  copy.writeUInt32LE(crc32(copy.subarray(8)), 4);
  return copy;
}

describe('a number of 64 bits', () => {
  it('comes back as it was', () => {
    const view = new DataView(new ArrayBuffer(8));
    fc.assert(
      fc.property(sequence, (value) => {
        putUint64(view, 0, value);
        expect([getUint64(view, 0), view.getBigUint64(0, true)]).toEqual([value, BigInt(value)]);
      }),
    );
  });
});

describe('the place of a block', () => {
  it('is a number of 32 bits, however large its file is', () => {
    const block = new ReadBlock();
    const bytes = Buffer.alloc(48);
    for (const offset of [64, 2 ** 32, 2 ** 35, 2 ** 35 + 64, 2 ** 50]) {
      const header = { flags: 0, changes: 0, epoch: 1, segment: 1, first: 1, durable: 0 };
      sealBlock(bytes, viewOf(bytes), 0, { ...header, place: placeOf(offset) }, 0);
      expect(block.look(viewOf(bytes), 0)).toBe(true);
      expect(BigInt(block.place)).toBe(BigInt.asUintN(32, BigInt(offset) / 8n));
    }
  });
});

describe('the header of a segment, or of a snapshot', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(segmentHeader, (header) => {
        const bytes = encodeSegmentHeader(header);
        expect(bytes.length).toBe(SEGMENT_HEADER_BYTES);
        expect(decodeSegmentHeader(bytes)).toEqual(header);
      }),
    );
  });
});

describe('a manifest', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(manifest, (each) => {
        expect(decodeManifest(encodeManifest(each))).toEqual(each);
      }),
    );
  });
});

describe.each(Object.entries(KINDS))('the header of a %s', (kind, { example, decode }) => {
  it('is damaged wherever a bit is another, or a byte missing', () => {
    for (let at = 0; at < example.length; at++) {
      const other = Buffer.from(example);
      other[at] = (other[at] as number) ^ (1 << (at % 8));
      const reason = at < 4 ? `this is no ${kind}` : "the header's checksum is wrong";
      expect(decode(other)).toEqual({ foreign: false, reason });
      expect(decode(example.subarray(0, at))).toMatchObject({ foreign: false });
    }
  });

  it('needs a later version if that has written it', () => {
    const version = changed(example, (bytes) => bytes.writeUInt32LE(2, 8));
    const reason = 'the format has version 2, not 1';
    expect(decode(version)).toEqual({ foreign: true, reason });
    const flags = changed(example, (bytes) => bytes.writeUInt32LE(4, 12));
    expect(decode(flags)).toMatchObject({
      foreign: true,
      reason: expect.stringContaining('flags 4'),
    });
  });

  it('is all that may stand there', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (junk) => {
        const bytes = Buffer.from(junk);
        expect(decode(bytes)).toMatchObject({ foreign: false });
        // It does not read beyond what is there, even if the checksum is right.
        const sealed = Buffer.concat([example.subarray(0, 16), bytes]);
        const result = decode(changed(sealed, () => {}));
        expect(viewOf(sealed).byteLength).toBe(sealed.length);
        expect(typeof result).toBe('object');
      }),
    );
  });
});
