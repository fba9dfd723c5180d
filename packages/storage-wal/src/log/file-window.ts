import type { File } from '../file-system/file-system.js';
import { viewOf } from '../format/layout.js';

/** How much of a file is read at one time. */
const WINDOW_BYTES = 1024 * 1024;

/** A part of a file in memory, through which somebody goes from its beginning to its end. */
export class FileWindow {
  /** What stands there; only {@link length} bytes count. */
  bytes: Buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  view: DataView = viewOf(this.bytes);
  /** Where in the file it begins. */
  start = 0;
  /** How many bytes it has. */
  length = 0;
  /** The length of the file. */
  size = 0;
  #file: File | undefined;

  /** Turns to a file. */
  async open(file: File): Promise<void> {
    this.#file = file;
    this.size = await file.size();
    this.start = 0;
    this.length = 0;
  }

  /** Whether what stands from `position` on is there, so many bytes of it. */
  has(position: number, count: number): boolean {
    return position >= this.start && position + count <= this.start + this.length;
  }

  /** Moves on to a position; `count` bytes from there will be there, if the file has them. */
  async move(position: number, count: number): Promise<void> {
    if (count > this.bytes.length) {
      this.bytes = Buffer.allocUnsafeSlow(count);
      this.view = viewOf(this.bytes);
    }
    this.start = position;
    this.length = (await this.#file?.read(this.bytes, position)) ?? 0;
    // Whoever made it shorter meanwhile, it is.
    if (this.length < this.bytes.length) this.size = Math.min(this.size, position + this.length);
  }
}
