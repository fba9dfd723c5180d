import { KvError } from '@kv/protocol';
import { BLOCK_HEADER_BYTES } from '../format/block-header.js';
import type { Manifest } from '../format/manifest.js';
import { walkRecords } from '../format/record.js';
import { epochNumber } from './epochs.js';
import { segmentName } from './file-names.js';
import type { FileContents } from './log-contents.js';
import type { LogDirectory } from './log-directory.js';
import { SegmentReader } from './segment-reader.js';
import { SourceFile } from './source-file.js';
import { failureOf, isMissing } from './unreadable.js';

/** Takes a change of the log: its sequence, the number of its epoch in positions, and where the `CommandRequest` stands that is the change. */
export type TakeChange = (
  sequence: number,
  epoch: number,
  bytes: Buffer,
  start: number,
  end: number,
) => void;

/** Where a block stands, and the sequence of its first change. */
interface BlockPlace {
  readonly segment: number;
  readonly offset: number;
  readonly first: number;
}

/** How many readers, about, find the place again at which they stopped. */
const MAX_PLACES = 64;

/** Where readers have stopped, so that who goes on need not look for the place from the beginning of a segment. */
export class HistoryPlaces {
  /** The newest last. */
  readonly #places: BlockPlace[] = [];

  note(place: BlockPlace): void {
    this.#places.push(place);
    if (this.#places.length > MAX_PLACES) this.#places.shift();
  }

  /** Where to begin in a segment to find the change behind `after`; `undefined` if that is not known. */
  find(segment: number, after: number): number | undefined {
    let best: BlockPlace | undefined;
    for (const place of this.#places) {
      const isBefore = place.segment === segment && place.first <= after + 1;
      if (isBefore && place.first >= (best?.first ?? 0)) best = place;
    }
    return best?.offset;
  }
}

/** What of a log is read again while it is written. */
export interface HistorySource {
  readonly directory: LogDirectory;
  readonly manifest: Manifest;
  /** In their order; the last is the one that is written. */
  readonly segments: readonly Pick<FileContents, 'number' | 'last'>[];
  readonly places: HistoryPlaces;
}

/**
 * Reads changes again that a log has: from the one after `after` to `through`, which has been written. Comes back
 * after each block.
 *
 * @throws {KvError} `GONE` if the log does not go back so far; `STORAGE_FAILURE` if it cannot be read.
 */
export async function* readHistory(
  source: HistorySource,
  after: number,
  through: number,
  take: TakeChange,
): AsyncGenerator<void, void, undefined> {
  const history = new History(source, after, through, take);
  for (const { number, last } of source.segments) {
    if (last > history.last && history.last < through) yield* history.readSegment(number);
  }
  if (history.last < through) throw gone();
}

export function gone(): KvError {
  return new KvError('GONE', 'The log does not have the changes after this position');
}

class History {
  /** The sequence of the last change that was read. */
  last: number;
  readonly #directory: LogDirectory;
  readonly #manifest: Manifest;
  readonly #places: HistoryPlaces;
  readonly #through: number;
  readonly #take: TakeChange;

  constructor(
    { directory, manifest, places }: HistorySource,
    after: number,
    through: number,
    take: TakeChange,
  ) {
    this.#directory = directory;
    this.#manifest = manifest;
    this.#places = places;
    this.last = after;
    this.#through = through;
    this.#take = take;
  }

  async *readSegment(number: number): AsyncGenerator<void, void, undefined> {
    const path = this.#directory.file(segmentName(number));
    const file = await this.#open(path);
    const reader = new SegmentReader(this.#manifest.storeId);
    let place: BlockPlace | undefined;
    try {
      const header = await reader.open(file);
      if ('reason' in header) throw unreadable(path, 0, header.reason);
      reader.expect(number, header.epoch);
      reader.position = this.#places.find(number, this.last) ?? reader.position;
      while (this.last < this.#through && (await nextBlock(reader))) {
        place = { segment: number, offset: reader.position, first: reader.block.first };
        if (this.#readBlock(reader, path)) yield;
        reader.advance();
      }
    } finally {
      if (place !== undefined) this.#places.note(place);
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
    const own = this.#manifest.epochs.findLast(({ epoch }) => epoch === block.epoch);
    if (own === undefined) throw gone();
    const epoch = epochNumber(own);
    let sequence = next;
    const walked = walkRecords(window.bytes, window.view, start, end, next - block.first, {
      change: (bytes, _, from, to) => {
        if (sequence <= this.#through) this.#take(sequence, epoch, bytes, from, to);
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
