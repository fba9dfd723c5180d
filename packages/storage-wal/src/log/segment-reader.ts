import { BLOCK_HEADER_BYTES, checksumSeed, placeOf, ReadBlock } from '../format/block-header.js';
import { ALIGNMENT, type Unreadable } from '../format/layout.js';
import {
  decodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from '../format/segment-header.js';
import { FileWindow } from './file-window.js';
import type { SourceFile } from './source-file.js';

/** What stands where a block may begin: one; nothing more, up to the end of the file; or anything else. */
export type Step = 'block' | 'end' | 'bad';

/** Goes through the blocks of one file after another: segments, and snapshots. */
export class SegmentReader {
  readonly window: FileWindow = new FileWindow();
  /** The block that stands at {@link position}. */
  readonly block: ReadBlock = new ReadBlock();
  /** Where in the file it looks. */
  position = 0;
  /** What is the matter with what stands there. */
  reason = '';
  readonly #seed: number;
  #number = 0;
  #epoch: number | undefined;

  constructor(storeId: Uint8Array) {
    this.#seed = checksumSeed(storeId);
  }

  /** Turns to a file, whose header it answers. */
  async open(file: SourceFile): Promise<SegmentHeader | Unreadable> {
    await this.window.open(file);
    await this.window.move(0, SEGMENT_HEADER_BYTES);
    const length = Math.min(this.window.length, SEGMENT_HEADER_BYTES);
    this.position = SEGMENT_HEADER_BYTES;
    return decodeSegmentHeader(this.window.bytes.subarray(0, length));
  }

  /** Turns to a place in a file, whose header says what is known already. */
  async openAt(file: SourceFile, position: number): Promise<void> {
    await this.window.open(file);
    this.position = position;
  }

  /** Says of which segment and epoch blocks have to be; of any epoch if it is `undefined`. */
  expect(number: number, epoch: number | undefined): void {
    this.#number = number >>> 0;
    this.#epoch = epoch;
  }

  /** Where, in {@link window}, the block stands. */
  get at(): number {
    return this.position - this.window.start;
  }

  /** What stands at {@link position}; `undefined` if more has to be read to tell. */
  look(): Step | undefined {
    const { window, block, position } = this;
    const left = window.size - position;
    if (left <= 0) return 'end';
    if (!window.has(position, Math.min(left, BLOCK_HEADER_BYTES))) return undefined;
    if (left < BLOCK_HEADER_BYTES) return this.#isZero() ? undefined : this.#bad(NO_BLOCK);
    if (!block.look(window.view, this.at)) return this.#isZero() ? undefined : this.#bad(NO_BLOCK);
    if (block.bytes > left) return this.#bad('a block is longer than the rest of its file');
    if (!window.has(position, block.bytes)) return undefined;
    if (!this.#belongsHere()) return this.#bad('a block belongs elsewhere');
    return this.#isWhole() ? 'block' : this.#bad("a block's checksum is wrong");
  }

  /** Reads what {@link look} needs to tell, and tells. */
  async lookFurther(): Promise<Step> {
    for (;;) {
      const { window, block, position } = this;
      const left = window.size - position;
      if (!window.has(position, Math.min(left, BLOCK_HEADER_BYTES))) {
        await window.move(position, BLOCK_HEADER_BYTES);
      } else if (this.#isZero()) {
        const end = await window.contentEnd(position);
        return end === position ? 'end' : this.#bad('there are zeros, and something behind them');
      } else {
        await window.move(position, block.bytes);
      }
      const step = this.look();
      if (step !== undefined) return step;
    }
  }

  /** Goes on behind the block. */
  advance(): void {
    this.position += this.block.bytes;
  }

  /** Goes on to the next block, whatever stands before it. Answers whether there is one. */
  async search(): Promise<boolean> {
    const { window, block } = this;
    for (; window.size - this.position >= BLOCK_HEADER_BYTES; this.position += ALIGNMENT) {
      if (!window.has(this.position, BLOCK_HEADER_BYTES)) {
        await window.move(this.position, BLOCK_HEADER_BYTES);
      }
      if (!block.look(window.view, this.at) || !this.#belongsHere()) continue;
      if (block.bytes > window.size - this.position) continue;
      if (!window.has(this.position, block.bytes)) await window.move(this.position, block.bytes);
      if (this.#isWhole()) return true;
    }
    return false;
  }

  #isWhole(): boolean {
    return this.block.isWhole(this.window.bytes, this.window.view, this.at, this.#seed);
  }

  #belongsHere(): boolean {
    const { place, segment, epoch } = this.block;
    return (
      place === placeOf(this.position) &&
      segment === this.#number &&
      (epoch === this.#epoch || this.#epoch === undefined)
    );
  }

  /** Whether zeros begin here. */
  #isZero(): boolean {
    return this.window.bytes[this.at] === 0;
  }

  #bad(reason: string): Step {
    this.reason = reason;
    return 'bad';
  }
}

const NO_BLOCK = 'no block begins here';
