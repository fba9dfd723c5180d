import { KvError } from '@kv/protocol';
import { BLOCK_HEADER_BYTES } from '../format/block-header.js';
import type { EpochStart, Manifest } from '../format/manifest.js';
import { walkRecords } from '../format/record.js';
import { segmentName } from './file-names.js';
import type { FileContents } from './log-contents.js';
import type { LogDirectory } from './log-directory.js';
import { SegmentReader } from './segment-reader.js';
import { SourceFile } from './source-file.js';
import { failureOf, isMissing } from './unreadable.js';

/** Takes a change of the log: its sequence, its epoch, and where the `CommandRequest` stands that is the change. */
export type TakeChange = (
  sequence: number,
  epoch: number,
  bytes: Buffer,
  start: number,
  end: number,
) => void;

/** What of a log is read again while it is written. */
export interface HistorySource {
  readonly directory: LogDirectory;
  readonly manifest: Manifest;
  /** In their order; the last is the one that is written. */
  readonly segments: readonly Pick<FileContents, 'number' | 'last'>[];
}

/**
 * Reads changes again that a log has: from the one after `after` to `through`, which has been written. Comes back
 * after each block.
 *
 * @throws {KvError} `GONE` if the log does not go back so far; `STORAGE_FAILURE` if it cannot be read.
 */
export async function* readHistory(
  { directory, manifest, segments }: HistorySource,
  after: number,
  through: number,
  take: TakeChange,
): AsyncGenerator<void, void, undefined> {
  const history = new History(directory, manifest, after, through, take);
  for (const { number, last } of segments) {
    if (last > history.last && history.last < through) yield* history.readSegment(number);
  }
  if (history.last < through) throw gone();
}

/** Whether there was such a position: whether its epoch went so far. What is not named of epochs had no changes. */
export function isPosition(
  epochs: readonly EpochStart[],
  committed: number,
  epoch: number,
  sequence: number,
): boolean {
  const own = epochs.find((each) => each.epoch === epoch);
  const next = epochs.find((each) => each.epoch > epoch);
  if (own === undefined && next === undefined) return false;
  const last = next === undefined ? committed : next.first - 1;
  const first = own === undefined ? last : own.first - 1;
  return sequence >= first && sequence <= last;
}

export function gone(): KvError {
  return new KvError('GONE', 'The log does not have the changes after this position');
}

class History {
  /** The sequence of the last change that was read. */
  last: number;
  readonly #directory: LogDirectory;
  readonly #storeId: Uint8Array;
  readonly #through: number;
  readonly #take: TakeChange;

  constructor(
    directory: LogDirectory,
    { storeId }: Manifest,
    after: number,
    through: number,
    take: TakeChange,
  ) {
    this.#directory = directory;
    this.#storeId = storeId;
    this.last = after;
    this.#through = through;
    this.#take = take;
  }

  async *readSegment(number: number): AsyncGenerator<void, void, undefined> {
    const path = this.#directory.file(segmentName(number));
    const file = await this.#open(path);
    try {
      const reader = new SegmentReader(this.#storeId);
      const header = await reader.open(file);
      if ('reason' in header) throw unreadable(path, 0, header.reason);
      reader.expect(number, header.epoch);
      while (this.last < this.#through && (await nextBlock(reader))) {
        if (this.#readBlock(reader, path)) yield;
        reader.advance();
      }
    } finally {
      await file.close();
    }
  }

  async #open(path: string): Promise<SourceFile> {
    try {
      const file = await this.#directory.fileSystem.open(path, { readOnly: true });
      return new SourceFile(file, path, undefined);
    } catch (cause) {
      // A snapshot has taken its place meanwhile.
      if (isMissing(cause)) throw gone();
      throw failureOf(`${path} cannot be read`, cause);
    }
  }

  /** Answers whether something in it was asked for. */
  #readBlock({ block, window, at, position }: SegmentReader, path: string): boolean {
    const next = this.last + 1;
    if (block.first + block.changes <= next) return false;
    if (block.first > next) throw gone();
    const start = at + BLOCK_HEADER_BYTES;
    const end = start + block.payloadBytes;
    let sequence = next;
    const walked = walkRecords(window.bytes, window.view, start, end, next - block.first, {
      change: (bytes, _, from, to) => {
        if (sequence <= this.#through) this.#take(sequence, block.epoch, bytes, from, to);
        sequence++;
      },
      // A repair has put them together: how they came to be is not known any more.
      entries: () => {
        throw gone();
      },
    });
    if (typeof walked !== 'number') throw unreadable(path, position, walked.reason);
    this.last = sequence - 1;
    return true;
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
