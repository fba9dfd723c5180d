import { END_OF_SNAPSHOT, OF_SNAPSHOT } from '../format/block-header.js';
import type { SegmentHeader } from '../format/segment-header.js';
import { Block } from './block.js';
import { BlockFileWriter } from './block-file-writer.js';
import { snapshotName } from './file-names.js';
import type { LogDirectory } from './log-directory.js';

/** A snapshot in the making: changes that set each entry, block by block. It counts when the log has adopted it. */
export class SnapshotWriter {
  /** What is being filled. */
  readonly block: Block = new Block();
  /** The sequence of the last change that is in it for certain. */
  readonly start: number;
  readonly #file: BlockFileWriter;
  #entries = 0;

  private constructor(start: number, file: BlockFileWriter) {
    this.start = start;
    this.#file = file;
  }

  /** For the log. */
  static async create(directory: LogDirectory, header: SegmentHeader): Promise<SnapshotWriter> {
    const { number } = header;
    const file = await BlockFileWriter.create(directory, snapshotName(number), header);
    return new SnapshotWriter(number, file);
  }

  /** The bytes that it has. */
  get bytes(): number {
    return this.#file.bytes;
  }

  /** Writes what is in {@link block}, off the event loop, and empties it. */
  write(): Promise<void> {
    return this.#write(OF_SNAPSHOT, this.start);
  }

  /**
   * For the log: ends it, durably, under its name.
   *
   * @param end the sequence of the last change that may be in it.
   */
  async finish(end: number): Promise<void> {
    if (this.block.changes > 0) await this.write();
    await this.#write(OF_SNAPSHOT | END_OF_SNAPSHOT, end);
    await this.#file.finish();
  }

  /** Gives it up. */
  abandon(): Promise<void> {
    return this.#file.abandon();
  }

  async #write(flags: number, durable: number): Promise<void> {
    const { changes } = this.block;
    await this.#file.write(this.block, flags, this.#entries + 1, durable);
    this.#entries += changes;
  }
}
