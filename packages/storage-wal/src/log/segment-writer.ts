import type { File } from '../file-system/file-system.js';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.js';
import { segmentName } from './file-names.js';
import type { LogDirectory } from './log-directory.js';
import type { LogOptions } from './log-options.js';

/** How much room is made at one time: little enough that nobody notices. */
const STEP_BYTES = 1024 * 1024;

const zeros: Buffer = Buffer.alloc(STEP_BYTES);

/**
 * A segment that is being written. Room may be made ahead of what is written: where the file has bytes already, making
 * others durable is a matter of these alone: no entry of the file system has to be written as well.
 */
export class SegmentWriter {
  readonly number: number;
  readonly #file: File;
  #end: number = SEGMENT_HEADER_BYTES;
  /** Up to where zeros have been written, and are durable. */
  #room: number = SEGMENT_HEADER_BYTES;
  #makingRoom: Promise<void> | undefined;
  /** Is over when no `datasync` is under way. */
  #syncing: Promise<unknown> | undefined;

  private constructor(number: number, file: File) {
    this.number = number;
    this.#file = file;
  }

  /** Opens a segment that has no blocks yet. */
  static async open(
    directory: LogDirectory,
    number: number,
    { fsync, segmentBytes }: LogOptions,
  ): Promise<SegmentWriter> {
    const durable = fsync === 'always';
    const path = directory.file(segmentName(number));
    const writer = new SegmentWriter(number, await directory.fileSystem.open(path, { durable }));
    // Elsewhere nobody waits for the disk.
    if (durable) await writer.makeRoom(segmentBytes);
    return writer;
  }

  /** Where the next block goes, in bytes. */
  get end(): number {
    return this.#end;
  }

  /** Whether it has no block yet. */
  get isEmpty(): boolean {
    return this.#end === SEGMENT_HEADER_BYTES;
  }

  /** What to wait for before so many bytes may be written: zeros that are under way must not come after them. */
  busy(bytes: number): Promise<void> | undefined {
    return this.#end + bytes > this.#room ? this.#makingRoom : undefined;
  }

  /** Writes a block at the end, which is where it was if that fails. */
  async write(block: Uint8Array): Promise<void> {
    await this.#file.write(block, this.#end);
    this.#end += block.length;
  }

  /** The same on the event loop. */
  writeSync(block: Uint8Array): void {
    this.#file.writeSync(block, this.#end);
    this.#end += block.length;
  }

  /** Makes durable what was written. */
  datasync(): Promise<void> {
    const synced = this.#file.datasync();
    this.#syncing = Promise.allSettled([this.#syncing, synced]);
    return synced;
  }

  /** Makes room, up to a length of `limit`, if there is little. */
  makeRoom(limit: number): Promise<void> | undefined {
    const from = Math.max(this.#room, this.#end);
    if (this.#makingRoom !== undefined || from >= limit || from - this.#end > STEP_BYTES / 2) {
      return undefined;
    }
    this.#makingRoom = this.#fill(from, Math.min(from + STEP_BYTES, limit));
    return this.#makingRoom;
  }

  /** Writes zeros over what may have been left by a block that could not be written, and more. */
  async clear(bytes: number): Promise<void> {
    await this.#makingRoom;
    const end = this.#end + bytes;
    for (let at = this.#end; at < end; at += STEP_BYTES) {
      await this.#file.write(zeros.subarray(0, Math.min(STEP_BYTES, end - at)), at);
    }
  }

  /** Ends it, and gives back the room that it does not need. What fails is left to who opens the log next. */
  async close(): Promise<void> {
    await this.#makingRoom;
    await this.#syncing;
    await this.#file.truncate(this.#end).catch(() => {});
    await this.#file.close().catch(() => {});
  }

  async #fill(from: number, to: number): Promise<void> {
    try {
      await this.#file.write(zeros.subarray(0, to - from), from);
      this.#room = to;
    } catch {
      // If there is no room, the block tells for which there is none.
    }
    this.#makingRoom = undefined;
  }
}
