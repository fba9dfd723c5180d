import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ByteWriter } from './byte-writer.js';

const KIB = 1024;

function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

describe('a byte writer', () => {
  it('gives back what was written, in order, time after time', () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 5 * KIB }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(chunks, { maxLength: 4 }), (rounds) => {
        const out = new ByteWriter();
        for (const round of rounds) {
          for (const chunk of round) out.write(chunk);
          expect(Buffer.compare(out.take(), Buffer.concat(round))).toBe(0);
        }
      }),
    );
  });

  it('is empty at first, and once it has been taken from', () => {
    const out = new ByteWriter();
    expect([...out.take()]).toEqual([]);
    out.write(Uint8Array.of(1));
    out.take();
    expect(out.length).toBe(0);
    expect([...out.take()]).toEqual([]);
  });

  // 64 KiB is where copying ends and handing over begins.
  it.each([1, 4 * KIB, 64 * KIB, 64 * KIB + 1, 1024 * KIB])(
    'lets go of the %i bytes that were taken: writing on does not change them',
    (length) => {
      const out = new ByteWriter();
      out.write(filled(length, 1));
      const taken = out.take();
      out.write(filled(length, 2));
      expect(Buffer.compare(taken, filled(length, 1))).toBe(0);
    },
  );

  it('copies what is written to it', () => {
    const out = new ByteWriter();
    const chunk = Uint8Array.of(1, 2, 3);
    out.write(chunk);
    chunk.fill(9);
    expect([...out.take()]).toEqual([1, 2, 3]);
  });

  it('keeps what is written when it grows', () => {
    const out = new ByteWriter();
    out.write(filled(10, 1));
    out.reserve(1024 * KIB);
    expect(out.bytes.length).toBeGreaterThanOrEqual(1024 * KIB + 10);
    expect(out.length).toBe(10);
    expect([...out.take()]).toEqual([...filled(10, 1)]);
  });

  it('grows by doubling, so that many small writes move few bytes', () => {
    const out = new ByteWriter();
    const sizes = new Set<number>();
    for (let i = 0; i < 1024; i++) {
      out.write(filled(KIB, i));
      sizes.add(out.bytes.length);
    }
    expect(sizes.size).toBeLessThan(12);
  });

  it('has room for what was reserved, for those who write to its bytes themselves', () => {
    const out = new ByteWriter();
    out.write(filled(out.bytes.length, 1));
    const full = out.length;
    out.reserve(1);
    out.bytes[out.length++] = 2;
    expect([...out.take().subarray(full)]).toEqual([2]);
  });

  it('fails if there is no memory to grow, and is as it was', () => {
    const cause = new RangeError('Array buffer allocation failed');
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation(() => {
      throw cause;
    });
    onTestFinished(() => allocate.mockRestore());
    const out = new ByteWriter();
    out.write(filled(out.bytes.length, 1));
    const { bytes } = out;
    const failure = expect.objectContaining({ code: 'INTERNAL', cause });
    expect(() => out.reserve(1)).toThrow(failure);
    expect(() => out.write(Uint8Array.of(2))).toThrow(failure);
    expect(out.bytes).toBe(bytes);
    expect([...out.take()]).toEqual([...filled(bytes.length, 1)]);
  });

  it('keeps its room between small takes', () => {
    const out = new ByteWriter();
    out.write(filled(40 * KIB, 1));
    out.take();
    const { bytes } = out;
    out.write(filled(40 * KIB, 1));
    out.take();
    expect(out.bytes).toBe(bytes);
  });

  it.each([
    ['has been taken', 1024 * KIB],
    ['was withdrawn before it could be', 0],
  ])('does not hoard the room of something large that %s', (_, length) => {
    const out = new ByteWriter();
    out.write(filled(1024 * KIB, 1));
    out.length = length;
    out.take();
    expect(out.bytes.length).toBeLessThanOrEqual(64 * KIB);
  });
});
