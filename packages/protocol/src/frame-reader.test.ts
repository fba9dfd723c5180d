import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type FrameFormat, type FrameOptions, frameFormat, frameTooLarge } from './frame.js';
import { FrameReader } from './frame-reader.js';

const HEADER_SIZES = [2, 4] as const;

afterEach(() => {
  vi.unstubAllGlobals();
});

function header({ headerBytes }: FrameFormat, length: number): Uint8Array {
  const bytes = Buffer.alloc(headerBytes);
  bytes.writeUIntBE(length, 0, headerBytes);
  return bytes;
}

function stream(format: FrameFormat, payloads: readonly Uint8Array[]): Uint8Array {
  const parts = payloads.flatMap((payload) => [header(format, payload.length), payload]);
  return new Uint8Array(Buffer.concat(parts));
}

/** The stream in pieces that end at the given offsets, each piece in memory of its own. */
function cutAt(bytes: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  const ends = [...offsets].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => bytes.slice(ends[i - 1] ?? 0, end));
}

/** Pushes a chunk, reads all its frames, and then writes it over, as one who reuses it would. */
function read(reader: FrameReader, chunk: Uint8Array): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  reader.push(chunk);
  while (reader.next()) {
    payloads.push(new Uint8Array(reader.bytes.subarray(reader.start, reader.end)));
  }
  chunk.fill(0xee);
  return payloads;
}

function readAll(format: FrameFormat, chunks: readonly Uint8Array[]): Uint8Array[] {
  const reader = new FrameReader(format);
  return chunks.flatMap((chunk) => read(reader, chunk));
}

function readerOf(options: FrameOptions): { reader: FrameReader; format: FrameFormat } {
  const format = frameFormat(options);
  return { reader: new FrameReader(format), format };
}

describe.each(HEADER_SIZES)('a reader of frames with %i-byte headers', (headerBytes) => {
  const format = frameFormat({ headerBytes });

  it('sees ahead what it will come to, as far as it lies whole in the chunk', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 });
    fc.assert(
      fc.property(payloads, fc.nat({ max: 30 }), fc.nat({ max: 5 }), (sent, cut, room) => {
        const bytes = stream(format, sent);
        const reader = new FrameReader(format);
        for (const chunk of cutAt(bytes, [cut % (bytes.length + 1)])) {
          reader.push(chunk);
          const [starts, ends] = [new Uint32Array(room), new Uint32Array(room)];
          let cutFrame = reader.incomplete && reader.ahead(starts, ends) === 0;
          for (let seen = reader.ahead(starts, ends); ; seen = reader.ahead(starts, ends)) {
            expect(seen).toBeLessThanOrEqual(room);
            for (let i = 0; i < seen; i++) {
              expect(reader.chunk).toBe(chunk);
              expect(reader.next()).toBe(true);
              expect(reader.bytes).toBe(chunk);
              expect([reader.start, reader.end]).toEqual([starts[i], ends[i]]);
            }
            // What it does not see is cut, or there is no room for it.
            if (seen > 0 && seen === room) continue;
            if (!reader.next()) break;
            expect(room === 0 || cutFrame).toBe(true);
            cutFrame = false;
          }
        }
      }),
    );
  });

  it('sees no frame ahead that is too large', () => {
    const reader = new FrameReader(frameFormat({ headerBytes, maxFrameBytes: 5 }));
    reader.push(stream(format, [new Uint8Array(5), new Uint8Array(6)]));
    expect(reader.ahead(new Uint32Array(4), new Uint32Array(4))).toBe(1);
  });

  it('finds the same payloads however the stream is cut', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
    const cuts = fc.array(fc.nat({ max: 10_000 }), { maxLength: 20 });
    fc.assert(
      fc.property(payloads, cuts, (sent, offsets) => {
        const bytes = stream(format, sent);
        const within = offsets.map((offset) => offset % (bytes.length + 1));
        expect(readAll(format, cutAt(bytes, within))).toEqual(sent);
      }),
    );
  });

  it('finds the same payloads wherever the stream is cut in three', () => {
    // The last is long enough for two bytes of its length to matter; the cuts go up to its payload.
    const sent = [Uint8Array.of(1, 2, 3), Uint8Array.of(), new Uint8Array(300).fill(4)];
    const bytes = stream(format, sent);
    const lastCut = bytes.length - 298;
    for (let first = 0; first <= lastCut; first++) {
      for (let second = first; second <= lastCut; second++) {
        expect(readAll(format, cutAt(bytes, [first, second]))).toEqual(sent);
      }
    }
  });

  it('finds the same payloads when the bytes come one by one', () => {
    const sent = [new Uint8Array(300).fill(7), Uint8Array.of(), Uint8Array.of(8)];
    const bytes = stream(format, sent);
    expect(readAll(format, cutAt(bytes, [...bytes.keys()]))).toEqual(sent);
  });

  it('finds many frames in one chunk', () => {
    const sent = Array.from({ length: 1_000 }, (_, i) => new Uint8Array(i % 7).fill(i));
    expect(readAll(format, [stream(format, sent)])).toEqual(sent);
  });

  it('finds frames without a payload', () => {
    const sent = [Uint8Array.of(), Uint8Array.of(), Uint8Array.of()];
    expect(readAll(format, [stream(format, sent)])).toEqual(sent);
  });

  it('reads every byte of the length, the highest first', () => {
    const length = headerBytes === 2 ? 0x0102 : 0x01_0203;
    const [payload] = readAll(format, [stream(format, [new Uint8Array(length)])]);
    expect(payload?.length).toBe(length);
  });

  it('reads a frame where it lies if it is all in one chunk', () => {
    const reader = new FrameReader(format);
    const chunk = stream(format, [Uint8Array.of(1, 2)]);
    reader.push(chunk);
    expect(reader.next()).toBe(true);
    expect(reader.bytes).toBe(chunk);
    expect([reader.start, reader.end]).toEqual([headerBytes, headerBytes + 2]);
  });

  it('takes a frame of just the limit', () => {
    const limited = frameFormat({ headerBytes, maxFrameBytes: 5 });
    const sent = [new Uint8Array(5).fill(1)];
    expect(readAll(limited, [stream(limited, sent)])).toEqual(sent);
  });

  it.each([
    ['in one chunk', [[], [0, 1, 2, 3]]],
    ['cut in the header', [[0], [1, 2, 3]]],
    ['byte by byte', [[0], [1], [2], [3]]],
  ])('refuses a longer frame at its header, before any byte of the body: %s', (_, split) => {
    const limited = readerOf({ headerBytes, maxFrameBytes: 5 });
    const announced = header(limited.format, 6);
    const chunks = split.map((at) => Uint8Array.from(at.flatMap((i) => announced[i] ?? [])));
    expect(() => {
      for (const chunk of chunks) read(limited.reader, chunk);
    }).toThrow(frameTooLarge(6, limited.format));
  });
});

describe('a reader of frames', () => {
  it.each([0x7fff_ffff, 0x8000_0000, 0xffff_ffff])(
    'takes the length %i for too large, not for negative',
    (length) => {
      const { reader, format } = readerOf({ maxFrameBytes: 0x7fff_fffe });
      reader.push(header(format, length));
      expect(() => reader.next()).toThrow(
        expect.objectContaining({
          code: 'TOO_LARGE',
          message: expect.stringContaining(`${length}`),
        }),
      );
    },
  );

  it('is incomplete just when the stream could not end here', () => {
    const { reader, format } = readerOf({});
    const states = [reader.incomplete];
    for (const byte of stream(format, [Uint8Array.of(1), Uint8Array.of()])) {
      read(reader, Uint8Array.of(byte));
      states.push(reader.incomplete);
    }
    // Before all, then after each byte: header, payload, header of the empty frame.
    const inside = [true, true, true, true];
    expect(states).toEqual([false, ...inside, false, true, true, true, false]);
  });

  it('is incomplete while frames of a chunk are still to be read', () => {
    const { reader, format } = readerOf({});
    reader.push(stream(format, [Uint8Array.of(1), Uint8Array.of(2)]));
    const states = [reader.incomplete];
    while (reader.next()) states.push(reader.incomplete);
    expect(states).toEqual([true, true, false]);
  });

  it('finds nothing before the first chunk, nor in an empty one', () => {
    const { reader } = readerOf({});
    expect(reader.next()).toBe(false);
    expect(read(reader, Uint8Array.of())).toEqual([]);
    expect(reader.incomplete).toBe(false);
  });

  it('takes no chunk before the previous one has been read to its end', () => {
    const { reader, format } = readerOf({});
    reader.push(stream(format, [Uint8Array.of(1), Uint8Array.of(2)]));
    reader.next();
    expect(() => reader.push(Uint8Array.of(3))).toThrow('has not been read to its end');
  });

  it('leaves a frame that was cut alone while it reads the next one, cut too', () => {
    const { reader, format } = readerOf({});
    const bytes = stream(format, [Uint8Array.of(1, 2), Uint8Array.of(3, 4)]);
    read(reader, bytes.slice(0, 5));
    reader.push(bytes.slice(5, 11));
    reader.next();
    const first = reader.bytes.subarray(reader.start, reader.end);
    reader.next();
    read(reader, bytes.slice(11));
    expect(first).toEqual(Uint8Array.of(1, 2));
  });

  it('reserves for a frame that is cut what has arrived, not what was announced', () => {
    const { reader, format } = readerOf({});
    const announced = 16 * 1024 * 1024;
    const arriving = [header(format, announced), new Uint8Array(100), new Uint8Array(1_000)];
    const reserved: number[] = [];
    const Spy = new Proxy(Uint8Array, {
      construct(target, args, newTarget) {
        if (typeof args[0] === 'number') reserved.push(args[0]);
        return Reflect.construct(target, args, newTarget);
      },
    });
    vi.stubGlobal('Uint8Array', Spy);
    for (const chunk of arriving) {
      reader.push(chunk);
      reader.next();
    }
    expect(reader.incomplete).toBe(true);
    expect(reserved.length).toBeGreaterThan(0);
    expect(Math.max(...reserved)).toBeLessThanOrEqual(2 * 1_104);
  });

  it('reserves ever larger pieces for a frame that is cut into many', () => {
    const { reader, format } = readerOf({});
    const bytes = stream(format, [new Uint8Array(10_000)]);
    const chunks = cutAt(bytes, [...bytes.keys()]);
    let reserved = 0;
    const Spy = new Proxy(Uint8Array, {
      construct(target, args, newTarget) {
        reserved++;
        return Reflect.construct(target, args, newTarget);
      },
    });
    vi.stubGlobal('Uint8Array', Spy);
    let found = 0;
    for (const chunk of chunks) {
      reader.push(chunk);
      while (reader.next()) found++;
    }
    expect(found).toBe(1);
    expect(reserved).toBeLessThan(20);
  });
});

describe('letting go of a chunk before it is read to its end', () => {
  it('keeps what is unread, whatever becomes of the chunk', () => {
    const format = frameFormat();
    const payloads = [Uint8Array.of(1), Uint8Array.of(2, 2), Uint8Array.of(3, 3, 3)];
    for (const read of [0, 1, 2, 3]) {
      const reader = new FrameReader(format);
      const chunk = Buffer.from(stream(format, payloads));
      reader.push(chunk);
      for (let i = 0; i < read; i++) reader.next();
      reader.release();
      chunk.fill(0xee);
      const rest: number[][] = [];
      while (reader.next()) rest.push([...reader.bytes.subarray(reader.start, reader.end)]);
      expect(rest).toEqual(payloads.slice(read).map((payload) => [...payload]));
      expect(reader.incomplete).toBe(false);
    }
  });
});

describe('a frame that has been read', () => {
  it('is not kept while the next one is waited for, whole or cut', () => {
    const format = frameFormat();
    const bytes = stream(format, [new Uint8Array(1000)]);
    for (const chunks of [[bytes], [bytes.slice(0, 500), bytes.slice(500)]]) {
      const reader = new FrameReader(format);
      for (const chunk of chunks) {
        reader.push(chunk);
        while (reader.next()) expect(reader.bytes.length).toBeGreaterThanOrEqual(1000);
      }
      expect(reader.bytes).toHaveLength(0);
    }
  });
});
