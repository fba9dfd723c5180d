import type { File } from '../file-system/file-system.js';
import { BLOCK_HEADER_BYTES, ReadBlock } from '../format/block-header.js';
import { ALIGNMENT } from '../format/layout.js';
import {
  decodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from '../format/segment-header.js';
import { FileWindow } from './file-window.js';

/** What stands where a block may begin. */
export type Step =
  | 'block'
  /** Nothing more: the file ends, or has only zeros. */
  | 'end'
  /** Something else; {@link SegmentReader.reason} says what. */
  | 'bad';

/** Goes through the blocks of one segment after another. */
export class SegmentReader {
  readonly window: FileWindow = new FileWindow();
  /** The block that was read last. */
  readonly block: ReadBlock = new ReadBlock();
  /** Where in the file the next is to be. */
  position = 0;
  /** What is the matter with what stands there. */
  reason = '';
  readonly #seed: number;
  #number = 0;
  #epoch = 0;

  /** @param seed what checksums begin with. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Turns to a segment. Answers its header, or what is the matter with it. */
  async open(file: File): Promise<SegmentHeader | string> {
    await this.window.open(file);
    await this.window.move(0, SEGMENT_HEADER_BYTES);
    const header = decodeSegmentHeader(this.window.bytes.subarray(0, this.window.length));
    if (typeof header === 'string') return header;
    this.#number = header.number >>> 0;
    this.#epoch = header.epoch;
    this.position = SEGMENT_HEADER_BYTES;
    return header;
  }

  /** Where in {@link window} the next block is to be. */
  get at(): number {
    return this.position - this.window.start;
  }

  /** Looks at what stands at {@link position}, and answers at once if that is in memory. */
  look(): Step | undefined {
    const { window, block, position } = this;
    const left = window.size - position;
    if (left < BLOCK_HEADER_BYTES) return this.#lookAtEnd(left);
    if (!window.has(position, BLOCK_HEADER_BYTES)) return undefined;
    if (!block.look(window.view, this.at)) {
      return window.view.getUint32(this.at, true) === 0
        ? undefined
        : this.#bad('no block begins here');
    }
    if (block.bytes > left) return this.#bad('a block is longer than the rest of its file');
    if (!window.has(position, block.bytes)) return undefined;
    return this.#isWhole() ? 'block' : this.#bad("a block's checksum is wrong");
  }

  /** The same, when something has to be read first. */
  async lookFurther(): Promise<Step> {
    for (;;) {
      const { window, block, position } = this;
      if (!window.has(position, BLOCK_HEADER_BYTES))
        await window.move(position, BLOCK_HEADER_BYTES);
      else if (window.view.getUint32(this.at, true) === 0) return this.#lookBehindZeros();
      else await window.move(position, block.bytes);
      const step = this.look();
      if (step !== undefined) return step;
    }
  }

  /** Goes on from a block to the next. */
  advance(): void {
    this.position += this.block.bytes;
  }

  /** Looks from {@link position} on for anything that is a block, and goes there. Answers whether there is one. */
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
    const { window, block } = this;
    return this.#belongsHere() && block.isWhole(window.bytes, window.view, this.at, this.#seed);
  }

  #belongsHere(): boolean {
    const { block } = this;
    return (
      block.offset === this.position &&
      block.segment === this.#number &&
      block.epoch === this.#epoch
    );
  }

  #lookAtEnd(left: number): Step | undefined {
    if (left <= 0) return 'end';
    if (!this.window.has(this.position, left)) return undefined;
    return this.#zeros(left) ? 'end' : this.#bad('no block fits here');
  }

  async #lookBehindZeros(): Promise<Step> {
    const { window } = this;
    const { position } = this;
    for (let at = position; at < window.size; ) {
      if (!window.has(at, 1)) await window.move(at, 1);
      const from = at - window.start;
      if (window.bytes.subarray(from, window.length).some((byte) => byte !== 0)) {
        return this.#bad('zeros stand where a block should, before other bytes');
      }
      at = window.start + window.length;
    }
    return 'end';
  }

  #zeros(count: number): boolean {
    const { bytes } = this.window;
    return bytes.subarray(this.at, this.at + count).every((byte) => byte === 0);
  }

  #bad(reason: string): Step {
    this.reason = reason;
    return 'bad';
  }
}
