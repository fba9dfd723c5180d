import type { ByteWriter } from './byte-writer.js';
import { KvError } from './kv-error.js';

/**
 * How messages are told apart in a stream: a big-endian length, not counting itself, then that many
 * bytes of payload. Four bytes of length are what the reference implementation sends; two are what
 * its text speaks of.
 */
export interface FrameFormat {
  /** Bytes of the length field. */
  readonly headerBytes: 2 | 4;
  /** The longest payload allowed, in bytes. */
  readonly maxFrameBytes: number;
}

/** 16 MiB. */
export const DEFAULT_MAX_FRAME_BYTES: number = 16 * 1024 * 1024;

/** What any error's answer fits into: a limit below it would keep peers from saying so. */
export const LEAST_FRAME_BYTES = 512;

/** What a length field can say. Bit 31 is left alone: the reference's later versions mark compressed frames with it. */
const MOST_FRAME_BYTES = { 2: 0xffff, 4: 0x7fff_ffff } as const;

/** Options from which a {@link FrameFormat} is made. */
export interface FrameOptions {
  /** Bytes of the length field: 4 by default. */
  readonly headerBytes?: 2 | 4 | undefined;
  /**
   * The longest payload to accept or send, in bytes: no more than the length field can say, 65,535 or 2 GiB - 1.
   * That is the default of two bytes; of four, it is {@link DEFAULT_MAX_FRAME_BYTES}.
   */
  readonly maxFrameBytes?: number | undefined;
}

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} if the limit is not a positive integer, or more than the length field can say.
 */
export function frameFormat({ headerBytes = 4, maxFrameBytes }: FrameOptions = {}): FrameFormat {
  if (headerBytes !== 2 && headerBytes !== 4) throw new RangeError('headerBytes must be 2 or 4');
  const most = MOST_FRAME_BYTES[headerBytes];
  if (maxFrameBytes === undefined) {
    return { headerBytes, maxFrameBytes: Math.min(DEFAULT_MAX_FRAME_BYTES, most) };
  }
  if (!Number.isSafeInteger(maxFrameBytes) || maxFrameBytes < 1 || maxFrameBytes > most) {
    throw new RangeError(
      `maxFrameBytes must be an integer from 1 to ${most}, as ${headerBytes} bytes of length can say it`,
    );
  }
  return { headerBytes, maxFrameBytes };
}

/** The error of a frame beyond the limit. It tells how to raise that, for few know of it before they meet it. */
export function frameTooLarge(length: number, { maxFrameBytes }: FrameFormat): KvError {
  return new KvError(
    'TOO_LARGE',
    `A frame of ${length} bytes exceeds the limit of ${maxFrameBytes} bytes (maxFrameBytes, or kv --max-frame)`,
  );
}

/**
 * Makes room for a header at the end of `out`.
 *
 * @returns where the frame starts, for {@link endFrame}.
 */
export function beginFrame(out: ByteWriter, format: FrameFormat): number {
  const start = out.length;
  out.reserve(format.headerBytes);
  out.length += format.headerBytes;
  return start;
}

/**
 * Completes the frame that starts at `start` with all that was appended since.
 *
 * @throws {KvError} `TOO_LARGE` if it exceeds the format's limit; `out` is as it was before the frame.
 */
export function endFrame(out: ByteWriter, format: FrameFormat, start: number): void {
  const length = out.length - start - format.headerBytes;
  if (length > format.maxFrameBytes) {
    out.length = start;
    throw frameTooLarge(length, format);
  }
  const { bytes } = out;
  let at = start;
  if (format.headerBytes === 4) {
    bytes[at++] = length >>> 24;
    bytes[at++] = length >>> 16;
  }
  bytes[at++] = length >>> 8;
  bytes[at] = length;
}
