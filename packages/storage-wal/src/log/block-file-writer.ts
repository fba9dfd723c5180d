import type { File } from '../file-system/file-system.js';
import { checksumSeed, placeOf } from '../format/block-header.js';
import {
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from '../format/segment-header.js';
import type { Block } from './block.js';
import { TEMPORARY } from './file-names.js';
import type { LogDirectory } from './log-directory.js';

/** Made durable so many bytes at a time, a file does not keep others waiting that are to be durable at once. */
const SYNC_BYTES = 4 * 1024 * 1024;

/** Writes a whole file of blocks, which gets its name when it is complete and durable. */
export class BlockFileWriter {
  readonly #directory: LogDirectory;
  readonly #name: string;
  readonly #header: SegmentHeader;
  readonly #file: File;
  readonly #seed: number;
  #end = SEGMENT_HEADER_BYTES;
  #synced = 0;
  #isOpen = true;

  private constructor(directory: LogDirectory, name: string, header: SegmentHeader, file: File) {
    this.#directory = directory;
    this.#name = name;
    this.#header = header;
    this.#file = file;
    this.#seed = checksumSeed(header.storeId);
  }

  static async create(
    directory: LogDirectory,
    name: string,
    header: SegmentHeader,
  ): Promise<BlockFileWriter> {
    const file = await directory.fileSystem.open(directory.file(name + TEMPORARY), {
      create: true,
    });
    const writer = new BlockFileWriter(directory, name, header, file);
    try {
      await file.write(encodeSegmentHeader(header), 0);
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    return writer;
  }

  /** The bytes that it has. */
  get bytes(): number {
    return this.#end;
  }

  /**
   * Writes a block, and empties it.
   *
   * @param first the sequence of its first change.
   */
  async write(block: Block, flags: number, first: number, durable: number): Promise<void> {
    const { changes } = block;
    const { number: segment, epoch } = this.#header;
    const offset = this.#end;
    const place = placeOf(offset);
    const header = { flags, changes, epoch, segment, place, first, durable };
    const bytes = block.seal(header, this.#seed);
    await this.#file.write(bytes, offset);
    this.#end += bytes.length;
    block.clear();
    if (this.#end - this.#synced >= SYNC_BYTES) await this.#sync();
  }

  /** Makes it durable, and gives it its name. */
  async finish(): Promise<void> {
    await this.#sync();
    await this.#close();
    await this.#directory.rename(this.#name + TEMPORARY, this.#name);
  }

  /** Gives it up. What fails is left to who opens the log next. */
  async abandon(): Promise<void> {
    if (this.#isOpen) await this.#close().catch(() => {});
    await this.#directory.remove([this.#name + TEMPORARY]).catch(() => {});
  }

  async #sync(): Promise<void> {
    await this.#file.datasync();
    this.#synced = this.#end;
  }

  #close(): Promise<void> {
    this.#isOpen = false;
    return this.#file.close();
  }
}
