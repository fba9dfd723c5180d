import { viewOf } from '../format/layout.js';
import type { SourceFile } from './source-file.js';

/** How much of a file is read at one time. */
const WINDOW_BYTES = 1024 * 1024;

const zeros: Buffer = Buffer.alloc(WINDOW_BYTES);

/** A part of a file in memory, through which somebody goes from its beginning to its end. */
export class FileWindow {
  /** What stands there; only {@link length} bytes count. */
  bytes: Buffer = Buffer.alloc(0);
  view: DataView = viewOf(this.bytes);
  /** Where in the file it begins. */
  start = 0;
  /** How many bytes it has. */
  length = 0;
  /** The length of the file. */
  size = 0;
  #file: SourceFile | undefined;

  /** Turns to a file. */
  async open(file: SourceFile): Promise<void> {
    this.#file = file;
    this.size = await file.size();
    this.start = 0;
    this.length = 0;
    this.#reserve(Math.min(WINDOW_BYTES, this.size));
  }

  /** Whether so many bytes are there from a position of the file on. */
  has(position: number, count: number): boolean {
    return position >= this.start && position + count <= this.start + this.length;
  }

  /** Moves on to a position. At least `count` bytes are there then, unless the file ends before. */
  async move(position: number, count: number): Promise<void> {
    this.#reserve(Math.min(count, this.size - position));
    this.start = position;
    this.length = (await this.#file?.read(this.bytes, position)) ?? 0;
    // Should the file have become shorter, it is.
    if (this.length < this.bytes.length) this.size = Math.min(this.size, position + this.length);
  }

  #reserve(count: number): void {
    if (count <= this.bytes.length) return;
    this.bytes = Buffer.allocUnsafeSlow(count);
    this.view = viewOf(this.bytes);
  }

  /** Where the last byte ends, from a position on, that is not zero; that position if there is none. */
  async contentEnd(position: number): Promise<number> {
    let end = position;
    for (let at = position; at < this.size; at = this.start + this.length) {
      if (!this.has(at, 1)) await this.move(at, 1);
      const used = usedBytes(this.bytes.subarray(at - this.start, this.length));
      if (used > 0) end = at + used;
    }
    return end;
  }
}

/** How many bytes there are up to the last that is not zero. */
function usedBytes(bytes: Buffer): number {
  let end = bytes.length;
  // Most are all zeros, which this finds out fast.
  while (end > 0) {
    const start = Math.max(0, end - zeros.length);
    if (bytes.compare(zeros, 0, end - start, start, end) === 0) end = start;
    else break;
  }
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}
