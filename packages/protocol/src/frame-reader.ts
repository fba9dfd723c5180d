import { type FrameFormat, frameTooLarge } from './frame.js';
import { withoutStack } from './without-stack.js';

const NOTHING = new Uint8Array(0);

/**
 * Finds the frames in the chunks that a stream delivers. A frame that lies whole within a chunk is
 * read where it lies; one that is cut is put together in a buffer that grows with what has really
 * arrived, so that a header's promise alone costs nothing.
 *
 * ```js
 * reader.push(chunk);
 * while (reader.next()) handle(reader.bytes, reader.start, reader.end);
 * ```
 *
 * Whoever stops before `next` has answered false, and wants the chunk back, calls {@link release}.
 */
export class FrameReader {
  readonly #format: FrameFormat;
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  /** The beginning of a cut frame, header included: the first `#held` bytes of `#cut`. */
  #cut: Uint8Array = NOTHING;
  #held = 0;

  /** The array in which the current frame's payload lies, until the next `next` or `push`. */
  bytes: Uint8Array = NOTHING;
  /** Where the payload starts. */
  start = 0;
  /** Where the payload ends, exclusive. */
  end = 0;

  constructor(format: FrameFormat) {
    this.#format = format;
  }

  /** Whether the stream, if it ended here, would end inside a frame. */
  get incomplete(): boolean {
    return this.#held > 0 || this.#at < this.#chunk.length;
  }

  /**
   * Hands over the next chunk, which must not change until `next` has answered false, or `release` has
   * been called.
   *
   * @throws {Error} if `next` has not yet answered false to the previous chunk.
   */
  push(chunk: Uint8Array): void {
    if (this.#at < this.#chunk.length)
      throw new Error('The previous chunk has not been read to its end');
    this.#chunk = chunk;
    this.#at = 0;
  }

  /**
   * Looks for frames that are to come, and lie whole in the chunk: the next ones of {@link next}.
   *
   * @param starts filled with where their payloads start in {@link chunk}, and `ends` with where they end.
   * @returns how many there are, as far as there is room for them.
   */
  ahead(starts: Uint32Array, ends: Uint32Array): number {
    if (this.#held > 0) return 0;
    const { headerBytes, maxFrameBytes } = this.#format;
    const chunk = this.#chunk;
    let at = this.#at;
    let count = 0;
    for (; count < starts.length && at + headerBytes <= chunk.length; count++) {
      let length = 0;
      for (let i = 0; i < headerBytes; i++) length = length * 256 + (chunk[at + i] as number);
      const end = at + headerBytes + length;
      if (length > maxFrameBytes || end > chunk.length) break;
      starts[count] = at + headerBytes;
      ends[count] = end;
      at = end;
    }
    return count;
  }

  /** The chunk that is being read. */
  get chunk(): Uint8Array {
    return this.#chunk;
  }

  /** Lets go of the chunk, which may then change: what is unread of it is copied. */
  release(): void {
    if (this.#at === this.#chunk.length) return;
    // Not `slice`: a Buffer's would be no copy.
    const rest = new Uint8Array(this.#chunk.length - this.#at);
    rest.set(this.#chunk.subarray(this.#at));
    this.#chunk = rest;
    this.#at = 0;
  }

  /**
   * Moves to the next frame.
   *
   * @returns false if it is not all here yet; the chunk is then used up.
   * @throws {KvError} `TOO_LARGE` as soon as a header announces more than the limit. The stream
   * cannot be read on after that.
   */
  next(): boolean {
    if (this.#held > 0 ? this.#nextCut() : this.#nextWhole()) return true;
    // Let go of the last frame: it may be large, and the next one long in coming.
    this.bytes = NOTHING;
    return false;
  }

  #nextWhole(): boolean {
    const { headerBytes } = this.#format;
    const available = this.#chunk.length - this.#at;
    if (available >= headerBytes) {
      const length = this.#payloadLength(this.#chunk, this.#at);
      if (available >= headerBytes + length) {
        this.bytes = this.#chunk;
        this.start = this.#at + headerBytes;
        this.end = this.start + length;
        this.#at = this.end;
        return true;
      }
    }
    this.#hold(available);
    return false;
  }

  #nextCut(): boolean {
    const { headerBytes } = this.#format;
    if (this.#held < headerBytes) this.#hold(headerBytes - this.#held);
    if (this.#held < headerBytes) return false;
    const whole = headerBytes + this.#payloadLength(this.#cut, 0);
    this.#hold(whole - this.#held, whole);
    if (this.#held < whole) return false;
    this.bytes = this.#cut;
    this.start = headerBytes;
    this.end = whole;
    this.#cut = NOTHING;
    this.#held = 0;
    return true;
  }

  /**
   * Moves up to `count` bytes from the chunk to the cut frame, doubling its buffer as needed, though not
   * beyond the `whole` of the frame once that is known.
   */
  #hold(count: number, whole: number = Number.POSITIVE_INFINITY): void {
    const moved = Math.min(count, this.#chunk.length - this.#at);
    const held = this.#held + moved;
    if (held > this.#cut.length) {
      const grown = new Uint8Array(Math.max(held, Math.min(this.#cut.length * 2, whole)));
      grown.set(this.#cut.subarray(0, this.#held));
      this.#cut = grown;
    }
    this.#cut.set(this.#chunk.subarray(this.#at, this.#at + moved), this.#held);
    this.#held = held;
    this.#at += moved;
    if (this.#at === this.#chunk.length) {
      this.#chunk = NOTHING;
      this.#at = 0;
    }
  }

  #payloadLength(bytes: Uint8Array, at: number): number {
    const { headerBytes, maxFrameBytes } = this.#format;
    let length = 0;
    // Not by shifts, which would make a length of 2 GiB and more negative.
    for (let i = at; i < at + headerBytes; i++) length = length * 256 + (bytes[i] ?? 0);
    if (length > maxFrameBytes) throw withoutStack(() => frameTooLarge(length, this.#format));
    return length;
  }
}
