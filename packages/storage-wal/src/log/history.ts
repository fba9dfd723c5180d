import { KvError } from '@kv/protocol';
import { BLOCK_HEADER_BYTES } from '../format/block-header.js';
import type { Manifest } from '../format/manifest.js';
import { walkRecords } from '../format/record.js';
import { epochNumber } from './epochs.js';
import { segmentName } from './file-names.js';
import type { BlockPlace, HistoryPlaces } from './history-places.js';
import type { FileContents } from './log-contents.js';
import type { LogDirectory } from './log-directory.js';
import { SegmentReader } from './segment-reader.js';
import { SourceFile } from './source-file.js';
import { failureOf, isMissing } from './unreadable.js';

/**
 * Takes a change of the log: its sequence, the number of its epoch in positions, and where the `CommandRequest` stands that
 * is the change. Answers whether more are wanted, beyond those that come with it.
 */
export type TakeChange = (
  sequence: number,
  epoch: number,
  bytes: Buffer,
  start: number,
  end: number,
) => boolean;

/** How much is read at one time, about, in bytes: so much that others who want to read need not wait for long. */
const MAX_BYTES = 4 * 1024 * 1024;

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
  readonly #reader: SegmentReader;
  #source: HistorySource;
  /** The sequence of the last change that was read. */
  #last = 0;
  #through = 0;
  #take: TakeChange = () => true;
  /** Whether more is to be read. */
  #goesOn = false;
  /** How many bytes of blocks may still be read. */
  #bytes = 0;

  constructor(source: HistorySource) {
    this.#source = source;
    this.#reader = new SegmentReader(source.manifest.storeId);
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
    this.#source = source;
    this.#last = after;
    this.#through = through;
    this.#take = take;
    this.#goesOn = after < through;
    this.#bytes = MAX_BYTES;
    source.places.forgetBefore(source.segments[0]?.number ?? 0);
    for (const { number, last } of source.segments) {
      if (this.#goesOn && last > this.#last) await this.#readSegment(number);
    }
    if (this.#goesOn) throw gone();
    return this.#last;
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
        reader.advance();
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
    const { block, window, at, position } = this.#reader;
    const next = this.#last + 1;
    if (block.first + block.changes <= next) return;
    if (block.first > next) throw gone();
    const own = this.#source.manifest.epochs.findLast(({ epoch }) => epoch === block.epoch);
    if (own === undefined) throw gone();
    const epoch = epochNumber(own);
    const start = at + BLOCK_HEADER_BYTES;
    const end = start + block.payloadBytes;
    let sequence = next;
    const walked = walkRecords(window.bytes, window.view, start, end, next - block.first, {
      change: (bytes, _, from, to) => {
        if (sequence <= this.#through) {
          this.#goesOn = this.#take(sequence, epoch, bytes, from, to) && this.#goesOn;
        }
        sequence++;
      },
      // A repair has put them together: how they came to be is not known any more.
      entries: () => {
        throw gone();
      },
    });
    if (typeof walked !== 'number') throw unreadable(path, position, walked.reason);
    this.#last = Math.min(sequence - 1, this.#through);
    this.#bytes -= block.bytes;
    if (this.#last === this.#through || this.#bytes <= 0) this.#goesOn = false;
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
