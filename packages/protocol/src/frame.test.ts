import { describe, expect, it } from 'vitest';
import { ByteWriter } from './byte-writer.js';
import {
  beginFrame,
  DEFAULT_MAX_FRAME_BYTES,
  endFrame,
  type FrameOptions,
  frameFormat,
} from './frame.js';
import { KvError } from './kv-error.js';

function frame(out: ByteWriter, options: FrameOptions, payload: Uint8Array): void {
  const format = frameFormat(options);
  const start = beginFrame(out, format);
  out.write(payload);
  endFrame(out, format, start);
}

function written(options: FrameOptions, ...payloads: Uint8Array[]): Uint8Array {
  const out = new ByteWriter();
  for (const payload of payloads) frame(out, options, payload);
  return out.take();
}

describe('a frame format', () => {
  it('has four bytes of header and a limit of 16 MiB by default', () => {
    expect(frameFormat()).toEqual({ headerBytes: 4, maxFrameBytes: 16 * 1024 * 1024 });
    expect(DEFAULT_MAX_FRAME_BYTES).toBe(16 * 1024 * 1024);
  });

  it.each<[string, FrameOptions, number]>([
    ['what is asked for', { maxFrameBytes: 1 }, 1],
    ['65535 with a 2-byte header, by default', { headerBytes: 2 }, 65_535],
    ['65535 with a 2-byte header', { headerBytes: 2, maxFrameBytes: 65_535 }, 65_535],
    ['less than 65535 with a 2-byte header', { headerBytes: 2, maxFrameBytes: 65_534 }, 65_534],
    ['2 GiB - 1, whose top bit is free', { maxFrameBytes: 2 ** 31 - 1 }, 2 ** 31 - 1],
  ])('limits a frame to %s', (_, options, maxFrameBytes) => {
    expect(frameFormat(options).maxFrameBytes).toBe(maxFrameBytes);
  });

  it.each([0, 1, 3, 8, '4', null])('has no header of %j bytes', (headerBytes) => {
    expect(() => frameFormat({ headerBytes } as FrameOptions)).toThrow(
      new RangeError('headerBytes must be 2 or 4'),
    );
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 53, '1024', null])(
    'has no limit of %s',
    (maxFrameBytes) => {
      expect(() => frameFormat({ maxFrameBytes } as FrameOptions)).toThrow(
        new RangeError(
          'maxFrameBytes must be an integer from 1 to 2147483647, as 4 bytes of length can say it',
        ),
      );
    },
  );

  it('has no limit that two bytes of length could not say', () => {
    expect(() => frameFormat({ headerBytes: 2, maxFrameBytes: 65_536 })).toThrow(
      new RangeError(
        'maxFrameBytes must be an integer from 1 to 65535, as 2 bytes of length can say it',
      ),
    );
  });
});

describe('a written frame', () => {
  it.each<[string, FrameOptions, number, number[]]>([
    ['four bytes, none', {}, 0, [0, 0, 0, 0]],
    ['four bytes, the lowest', {}, 0x1c, [0, 0, 0, 0x1c]],
    ['four bytes, three of them', {}, 0x01_0203, [0, 1, 2, 3]],
    ['four bytes, all of them', { maxFrameBytes: 2 ** 31 - 1 }, 0x0102_0304, [1, 2, 3, 4]],
    ['two bytes, none', { headerBytes: 2 }, 0, [0, 0]],
    ['two bytes, both', { headerBytes: 2 }, 0x0102, [1, 2]],
    ['two bytes, the largest', { headerBytes: 2 }, 0xffff, [0xff, 0xff]],
  ])('begins with its length, the highest byte first: %s', (_, options, length, header) => {
    const bytes = written(options, new Uint8Array(length));
    expect([...bytes.subarray(0, header.length)]).toEqual(header);
    expect(bytes.length).toBe(header.length + length);
  });

  it('stands behind those before it', () => {
    const bytes = written({ headerBytes: 2 }, Uint8Array.of(7), Uint8Array.of(), Uint8Array.of(8));
    expect([...bytes]).toEqual([0, 1, 7, 0, 0, 0, 1, 8]);
  });

  it.each([
    [4, 300, [0, 0, 1, 44]],
    [1, 300, [0, 0, 1, 44]],
    [0, 300, [0, 0, 1, 44]],
    [1, 0, [0, 0, 0, 0]],
  ])(
    'has its header though the writer had room for %i bytes only, of 4 + %i',
    (room, length, header) => {
      const out = new ByteWriter();
      const before = new Uint8Array(out.bytes.length - room).fill(7);
      out.write(before);
      const payload = new Uint8Array(length).fill(9);
      frame(out, {}, payload);
      expect([...out.take()]).toEqual([...before, ...header, ...payload]);
    },
  );

  it('has its header though there was no room for it, and nothing came behind it', () => {
    const out = new ByteWriter();
    const before = new Uint8Array(out.bytes.length).fill(7);
    out.write(before);
    endFrame(out, frameFormat(), beginFrame(out, frameFormat()));
    expect([...out.take()]).toEqual([...before, 0, 0, 0, 0]);
  });

  it('may have just the length of the limit', () => {
    expect(written({ maxFrameBytes: 3 }, new Uint8Array(3)).length).toBe(7);
  });

  it.each<[FrameOptions, number]>([
    [{ maxFrameBytes: 3 }, 4],
    [{ headerBytes: 2, maxFrameBytes: 3 }, 4],
    [{ headerBytes: 2 }, 65_536],
  ])('beyond the limit of %j is refused, and leaves the writer as it was', (options, length) => {
    const { maxFrameBytes } = frameFormat(options);
    const out = new ByteWriter();
    frame(out, options, Uint8Array.of(1, 2));
    const before = out.length;
    expect(() => frame(out, options, new Uint8Array(length))).toThrow(
      new KvError(
        'TOO_LARGE',
        `A frame of ${length} bytes exceeds the limit of ${maxFrameBytes} bytes (maxFrameBytes, or kv --max-frame)`,
      ),
    );
    expect(out.length).toBe(before);
    frame(out, options, Uint8Array.of(3));
    expect([...out.take()]).toEqual([...written(options, Uint8Array.of(1, 2), Uint8Array.of(3))]);
  });
});
