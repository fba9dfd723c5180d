import type { Awaitable } from '@kv/protocol';
import { Block, MAX_PAYLOAD_BYTES } from './block.js';
import { BlockFileWriter } from './block-file-writer.js';
import { segmentName } from './file-names.js';
import type { LogDirectory } from './log-directory.js';
import type { BlockReplay } from './replay.js';

/** A block is written when it has so many bytes. */
const BLOCK_BYTES = 1024 * 1024;
/** A segment is ended when it has so many bytes. */
const SEGMENT_BYTES = 64 * 1024 * 1024;

/** Writes what can be read of a log as another one. What was in one block stays in one: it may be one write. */
export class SalvageWriter implements BlockReplay {
  /** How many changes it was given. */
  changes = 0;
  /** The number of the segment that was begun last. */
  lastSegment: number;
  readonly #directory: LogDirectory;
  readonly #storeId: Uint8Array;
  readonly #epoch: number;
  /** It has room for what was in one block, whatever is in it already. */
  readonly #block = new Block(2 * MAX_PAYLOAD_BYTES);
  /** The names of the segments that are complete. */
  readonly #finished: string[] = [];
  #file: BlockFileWriter | undefined;

  /** @param before the number of the segment before the first. */
  constructor(directory: LogDirectory, storeId: Uint8Array, epoch: number, before: number) {
    this.#directory = directory;
    this.#storeId = storeId;
    this.#epoch = epoch;
    this.lastSegment = before;
  }

  change(bytes: Buffer, view: DataView, start: number, end: number): void {
    this.#block.append(bytes, view, start, end);
    this.changes++;
  }

  entries(bytes: Buffer, view: DataView, start: number, end: number, count: number): void {
    this.#block.appendEntries(bytes, view, start, end, count);
    this.changes += count;
  }

  endBlock(): Awaitable<void> {
    if (this.#block.sealedBytes >= BLOCK_BYTES) return this.#write();
  }

  /** Writes what is left, and ends the last segment. */
  async finish(): Promise<void> {
    if (this.#block.changes > 0) await this.#write();
    await this.#finishFile();
  }

  /** Gives up all that was written. What fails is left, and does not count. */
  async abandon(): Promise<void> {
    await this.#file?.abandon();
    await this.#directory.remove(this.#finished).catch(() => {});
  }

  async #write(): Promise<void> {
    if (this.#file !== undefined && this.#file.bytes >= SEGMENT_BYTES) {
      await this.#finishFile();
    }
    this.#file ??= await this.#begin();
    const first = this.changes - this.#block.changes + 1;
    await this.#file.write(this.#block, 0, first, first - 1);
  }

  async #finishFile(): Promise<void> {
    if (this.#file === undefined) return;
    await this.#file.finish();
    this.#finished.push(segmentName(this.lastSegment));
    this.#file = undefined;
  }

  #begin(): Promise<BlockFileWriter> {
    const number = ++this.lastSegment;
    const header = { storeId: this.#storeId, number, epoch: this.#epoch, hashSeed: undefined };
    return BlockFileWriter.create(this.#directory, segmentName(number), header);
  }
}
