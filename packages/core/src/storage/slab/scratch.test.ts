import { describe, expect, it } from 'vitest';
import { Scratch } from './scratch.js';

const text = ({ window }: Scratch, start: number, end: number): string =>
  String(Buffer.from(window.bytes.subarray(start, end)));

describe('a scratch', () => {
  it('has keys and values one behind the other, where it says, however large it becomes', () => {
    const scratch = new Scratch();
    scratch.begin();
    const long = 'ü'.repeat(5_000);
    const first = scratch.appendKey('key');
    const value = scratch.appendValue(long);
    const second = scratch.appendKey(long);
    expect(text(scratch, 0, first)).toBe('key');
    expect(text(scratch, value - 10_000, value)).toBe(long);
    expect(text(scratch, value, second)).toBe(long);
    expect(scratch.length).toBe(second);
    expect(scratch.view.byteLength).toBe(scratch.window.bytes.length);
    expect(scratch.view.getUint8(0)).toBe(0x6b);
  });

  it('keeps the memory of a call for the next, unless it is much', () => {
    const scratch = new Scratch();
    for (const length of [100_000, 2_000_000]) {
      scratch.begin();
      scratch.appendKey('k'.repeat(length));
      const { bytes } = scratch.window;
      scratch.begin();
      expect(scratch.appendKey('key')).toBe(3);
      expect(scratch.window.bytes === bytes).toBe(length < 1024 * 1024);
      expect(text(scratch, 0, 3)).toBe('key');
    }
  });
});
