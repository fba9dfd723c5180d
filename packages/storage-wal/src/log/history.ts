import { KvError } from '@kv/protocol';
import { BLOCK_HEADER_BYTES } from '../format/block-header.js';
import type { Manifest } from '../format/manifest.js';
import { BlockChanges } from './block-changes.js';
import { epochNumber } from './epochs.js';
import { segmentName } from './file-names.js';
import type { BlockPlace, HistoryPlaces } from './history-places.js';
import type { FileContents } from './log-contents.js';
import type { LogDirectory } from './log-directory.js';
import { SegmentReader } from './segment-reader.js';
import { SourceFile } from './source-file.js';
import { failureOf, isMissing } from './unreadable.js';

/** A change of the log that is read again. */
export interface LoggedChange {
  readonly sequence: number;
  /** The number of its epoch in positions. */
  readonly epoch: number;
  readonly bytes: Buffer;
  /** Over the same bytes. */
  readonly view: DataView;
  /** Where the `CommandRequest` begins that is the change, and where it ends. */
  readonly start: number;
  readonly end: number;
  /** Whether it was logged what was there before. */
  readonly isOldKnown: boolean;
  /** Where the `Value` begins that was there before, and where it ends: there, if there was none. */
  readonly oldStart: number;
  readonly oldEnd: number;
}

/** Takes a change of the log. Answers whether more are wanted. */
export type TakeChange = (change: LoggedChange) => boolean;

/** How much is read at one time, about, in bytes: so much that others who want to read need not wait for long. */
const MAX_BYTES = 4 * 1024 * 1024;

/** More memory than this, which a block has needed that is as large, is not kept for others. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** What of a log is read again while it is written. */
export interface HistorySource {
  readonly directory: LogDirectory;
  readonly manifest: Manifest;
  /** In their order; the last is the one that is written. */
  readonly segments: readonly Pick<FileContents, 'number' | 'last'>[];
  readonly places: HistoryPlaces;
}

export function gone(): KvError {
  return new KvError('GONE', 'The log does not have the changes after this position');
}

/** Reads changes again that a log has, for one after the other. */
export class HistoryReader {
  #reader: SegmentReader;
  /** Those of the block at which the reader stands. */
  readonly #changes = new BlockChanges();
  /** Behind which change it was marked where, in this block, it began to read; `undefined` if it is done with it. */
  #marked: number | undefined;
  /** The number of the block's epoch in positions. */
  #epoch = 0;
  /** The file in which the block is. */
  #path = '';
  #source: HistorySource;
  /** The sequence of the last change that was read. */
  #last = 0;
  #through = 0;
  #take: TakeChange = () => true;
  /** Whether more is to be read. */
  #goesOn = false;
  /** How many bytes of changes may still be read. */
  #bytes = 0;

  constructor(source: HistorySource) {
    this.#source = source;
    this.#reader = new SegmentReader(source.manifest.storeId);
  }

  /** Whether it can go on behind this change with what it has read: it has stopped in the midst of a block. */
  standsAt(after: number): boolean {
    return this.#marked !== undefined && this.#marked <= after && after <= this.#last;
  }

  /**
   * Reads some of the changes from the one after `after` to `through`, which has been written: as many as are taken, or as
   * can be read in a moment.
   *
   * @returns the sequence of the last of them.
   * @throws {KvError} `GONE` if the log does not go back so far; `STORAGE_FAILURE` if it cannot be read.
   */
  async read(
    source: HistorySource,
    after: number,
    through: number,
    take: TakeChange,
  ): Promise<number> {
    const marked = this.standsAt(after) ? this.#marked : undefined;
    this.#marked = undefined;
    this.#source = source;
    this.#last = after;
    this.#through = through;
    this.#take = take;
    this.#goesOn = after < through;
    this.#bytes = MAX_BYTES;
    source.places.forgetBefore(source.segments[0]?.number ?? 0);
    if (marked !== undefined) this.#readOn(marked);
    else if (this.#reader.window.bytes.length > KEPT_BYTES) {
      this.#reader = new SegmentReader(source.manifest.storeId);
    }
    for (const { number, last } of source.segments) {
      if (this.#goesOn && last > this.#last) await this.#readSegment(number);
    }
    if (this.#goesOn) throw gone();
    return this.#last;
  }

  /** Goes on in the block in which it has stopped, where it was marked. */
  #readOn(marked: number): void {
    this.#changes.back();
    for (let sequence = marked; sequence < this.#last; sequence++) this.#step();
    if (this.#goesOn) this.#readChanges();
  }

  async #readSegment(number: number): Promise<void> {
    const { directory, places } = this.#source;
    const path = directory.file(segmentName(number));
    const file = await this.#open(path);
    try {
      const epoch = await this.#turnTo(file, path, places.find(number, this.#last));
      const reader = this.#reader;
      reader.expect(number, epoch);
      while (this.#goesOn && (await nextBlock(reader))) {
        places.note({ segment: number, epoch, offset: reader.position, first: reader.block.first });
        this.#readBlock(path);
        if (this.#goesOn) reader.advance();
      }
    } finally {
      await file.close();
    }
  }

  /** Turns to a file, at a place that is known or at its beginning; answers the epoch of its segment. */
  async #turnTo(file: SourceFile, path: string, place: BlockPlace | undefined): Promise<number> {
    if (place !== undefined) {
      await this.#reader.openAt(file, place.offset);
      return place.epoch;
    }
    const header = await this.#reader.open(file);
    if ('reason' in header) throw unreadable(path, 0, header.reason);
    return header.epoch;
  }

  async #open(path: string): Promise<SourceFile> {
    try {
      const file = await this.#source.directory.fileSystem.open(path, { readOnly: true });
      return new SourceFile(file, path, undefined);
    } catch (cause) {
      // A snapshot has taken its place meanwhile.
      if (isMissing(cause)) throw gone();
      throw failureOf(`${path} cannot be read`, cause);
    }
  }

  /** Gives what is in a block that was asked for. */
  #readBlock(path: string): void {
    const { block, window, at } = this.#reader;
    if (block.first + block.changes <= this.#last + 1) return;
    if (block.first > this.#last + 1) throw gone();
    const own = this.#source.manifest.epochs.findLast(({ epoch }) => epoch === block.epoch);
    if (own === undefined) throw gone();
    this.#epoch = epochNumber(own);
    this.#path = path;
    const start = at + BLOCK_HEADER_BYTES;
    this.#changes.open(window.view, start, start + block.payloadBytes);
    for (let sequence = block.first; sequence <= this.#last; sequence++) this.#step();
    this.#readChanges();
  }

  /** Gives the changes of the block from the next one on. */
  #readChanges(): void {
    const { bytes, view } = this.#reader.window;
    const changes = this.#changes;
    const epoch = this.#epoch;
    changes.mark();
    this.#marked = this.#last;
    while (this.#step()) {
      const sequence = ++this.#last;
      const { start, end, isOldKnown, oldStart, oldEnd } = changes;
      const change = { sequence, epoch, bytes, view, start, end, isOldKnown, oldStart, oldEnd };
      this.#goesOn = this.#take(change);
      this.#bytes -= end - start;
      if (this.#last === this.#through || this.#bytes <= 0) this.#goesOn = false;
      if (!this.#goesOn) return;
    }
    this.#marked = undefined;
  }

  /** Goes to the next change of the block. Answers whether there is one. */
  #step(): boolean {
    const step = this.#changes.next();
    // How entries came to be is not known any more.
    if (step === 'entries') throw gone();
    if (step !== 'bad') return step === 'change';
    throw unreadable(this.#path, this.#reader.position, 'a record is longer than what it is in');
  }
}

/** Goes to the next block, past what one has left that could not be written. Answers whether there is one. */
async function nextBlock(reader: SegmentReader): Promise<boolean> {
  const step = reader.look() ?? (await reader.lookFurther());
  if (step === 'bad') return reader.search();
  return step === 'block';
}

function unreadable(path: string, offset: number, reason: string): KvError {
  return new KvError('STORAGE_FAILURE', `${path} cannot be read at byte ${offset}: ${reason}`);
}
