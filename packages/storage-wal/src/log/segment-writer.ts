import type { File } from '../file-system/file-system.js';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.js';

/** How much room is made ready at one time. */
const STEP_BYTES = 4 * 1024 * 1024;

const zeros: Buffer = Buffer.alloc(STEP_BYTES);

/** The segment that is being written. */
export class SegmentWriter {
  readonly number: number;
  readonly file: File;
  /** Where the next block goes, in bytes. */
  end: number = SEGMENT_HEADER_BYTES;
  /** The sequence of its last change, or of the one before it. */
  last: number;
  /** How far room is ready: zeros that are durable. */
  #ready: number = SEGMENT_HEADER_BYTES;
  #extending: Promise<void> | undefined;

  constructor(number: number, file: File, last: number) {
    this.number = number;
    this.file = file;
    this.last = last;
  }

  /** Whether it has no block yet. */
  get isEmpty(): boolean {
    return this.end === SEGMENT_HEADER_BYTES;
  }

  /** What to wait for before so many bytes can be written: zeros must not be written over them. */
  busy(length: number): Promise<void> | undefined {
    return this.end + length > this.#ready ? this.#extending : undefined;
  }

  /**
   * Makes more room ready, up to `limit`, if there is little. If that fails, room is made by writing, which tells
   * why it cannot be.
   */
  extend(limit: number): Promise<void> | undefined {
    const from = Math.max(this.#ready, this.end);
    if (this.#extending !== undefined || from >= limit || from - this.end > STEP_BYTES / 2) {
      return undefined;
    }
    const count = Math.min(STEP_BYTES, limit - from);
    this.#extending = this.file.write(zeros.subarray(0, count), from).then(
      () => {
        this.#ready = from + count;
        this.#extending = undefined;
      },
      () => {
        this.#extending = undefined;
      },
    );
    return this.#extending;
  }

  /** Ends it: gives back the room that it does not need. */
  async close(): Promise<void> {
    await this.#extending;
    try {
      await this.file.truncate(this.end);
    } finally {
      await this.file.close();
    }
  }
}
