import { BLOCK_HEADER_BYTES } from '../format/block-header.js';
import { checksumSeed } from '../format/layout.js';
import type { Manifest } from '../format/manifest.js';
import { type ReplayChange, walkRecords } from '../format/record.js';
import { damage } from './damage.js';
import { segmentName } from './file-names.js';
import type { LogDirectory } from './log-directory.js';
import { SegmentReader } from './segment-reader.js';

/** What was found in a segment. */
export interface ReadSegment {
  readonly number: number;
  readonly epoch: number;
  /** The bytes of the file. */
  readonly size: number;
  /** Where the last block that counts ends, in bytes. */
  readonly end: number;
  /** How many blocks count. */
  readonly blocks: number;
  /** The sequences of the first change and the last; of one without changes, of those around it. */
  readonly first: number;
  readonly last: number;
}

/** Where a log ends because something stands there that is no part of it. */
export interface Cut {
  /** The path of the file. */
  readonly path: string;
  /** Where in it, in bytes. */
  readonly offset: number;
  /** What is the matter. */
  readonly reason: string;
  /** How many bytes are lost, there and in later segments. */
  readonly bytes: number;
}

/** What was found in a log. */
export interface ReadLog {
  readonly segments: readonly ReadSegment[];
  /** The sequence of the last change that is there. */
  readonly last: number;
  /** The highest sequence that the log says was durable. */
  readonly durable: number;
  readonly cut: Cut | undefined;
}

/**
 * Reads a log from its first segment to its end, and gives each change to `replay`.
 *
 * What is durable is whole, or there is damage. Behind that there may be what was not durable when the process ended:
 * it counts up to the first place at which something is not as it was written.
 *
 * @throws {KvError} `STORAGE_FAILURE` if something is not there that was durable.
 */
export async function readLog(
  directory: LogDirectory,
  manifest: Manifest,
  replay: ReplayChange,
): Promise<ReadLog> {
  const reading = new LogReading(directory, manifest, replay);
  for (let number = manifest.firstSegment; number <= manifest.lastSegment; number++) {
    await reading.readSegment(number);
  }
  return reading.finish();
}

class LogReading {
  readonly #directory: LogDirectory;
  readonly #manifest: Manifest;
  readonly #replay: ReplayChange;
  readonly #reader: SegmentReader;
  readonly #segments: ReadSegment[] = [];
  /** The sequence of the last change; `undefined` before the first. */
  #last: number | undefined;
  #durable: number;
  #cut: Cut | undefined;

  constructor(directory: LogDirectory, manifest: Manifest, replay: ReplayChange) {
    this.#directory = directory;
    this.#manifest = manifest;
    this.#replay = replay;
    this.#reader = new SegmentReader(checksumSeed(manifest.storeId));
    this.#durable = Math.max(manifest.durable, manifest.snapshot?.end ?? 0);
  }

  async readSegment(number: number): Promise<void> {
    const path = this.#directory.file(segmentName(number));
    const file = await this.#directory.fileSystem.open(path, { readOnly: true });
    try {
      const header = await this.#reader.open(file);
      if (typeof header === 'string') throw damage(path, 0, header);
      if (header.number !== number) throw damage(path, 0, `it is segment ${header.number}`);
      if (!header.storeId.every((byte, i) => byte === this.#manifest.storeId[i])) {
        throw damage(path, 0, 'it belongs to another store');
      }
      await this.#readBlocks(path, number, header.epoch);
    } finally {
      await file.close();
    }
  }

  finish(): ReadLog {
    const last = this.#last ?? this.#manifest.snapshot?.start ?? 0;
    if (this.#durable > last) {
      const at = this.#cut ?? this.#whereItEnds();
      const what = `changes up to ${this.#durable} were durable, and are there only up to ${last}`;
      throw damage(at.path, at.offset, `${at.reason}; ${what}`);
    }
    return { segments: this.#segments, last, durable: this.#durable, cut: this.#cut };
  }

  async #readBlocks(path: string, number: number, epoch: number): Promise<void> {
    const reader = this.#reader;
    const before = this.#last;
    let blocks = 0;
    let end = reader.position;
    while (this.#cut === undefined) {
      let step = reader.look() ?? (await reader.lookFurther());
      if (step === 'end') break;
      if (step === 'block' && !this.#follows()) {
        reader.reason = `a block begins with change ${reader.block.first}, not ${this.#next()}`;
        step = 'bad';
      }
      if (step === 'bad') {
        this.#cut = { path, offset: reader.position, reason: reader.reason, bytes: 0 };
        break;
      }
      this.#replayBlock(path);
      blocks++;
      reader.advance();
      end = reader.position;
    }
    const { size } = reader.window;
    if (this.#cut !== undefined) await this.#dropRest(end);
    this.#segments.push({
      number,
      epoch,
      size,
      end,
      blocks,
      first: (before ?? this.#manifest.snapshot?.start ?? 0) + 1,
      last: this.#last ?? this.#manifest.snapshot?.start ?? 0,
    });
  }

  /** The sequence that has to come now. */
  #next(): number {
    return (this.#last ?? this.#manifest.snapshot?.start ?? 0) + 1;
  }

  /** Whether the block is the one that has to come now. */
  #follows(): boolean {
    const { first } = this.#reader.block;
    // The segments that there are may begin before the snapshot.
    if (this.#last === undefined) return first > 0 && first <= this.#next();
    return first === this.#last + 1;
  }

  #replayBlock(path: string): void {
    const { window, block, at } = this.#reader;
    if (block.isForeign)
      throw damage(path, this.#reader.position, `a block has flags ${block.flags}`);
    const skip = Math.max(0, (this.#manifest.snapshot?.start ?? 0) + 1 - block.first);
    const start = at + BLOCK_HEADER_BYTES;
    const end = start + block.payloadBytes;
    const changes = walkRecords(window.bytes, window.view, start, end, skip, this.#replay);
    if (changes !== block.changes) {
      const what = typeof changes === 'string' ? changes : `a block has ${changes} changes`;
      throw damage(path, this.#reader.position, what);
    }
    this.#last = block.first + block.changes - 1;
  }

  /** Looks behind the cut for what tells that something was durable, and counts what is lost. */
  async #dropRest(end: number): Promise<void> {
    const reader = this.#reader;
    const cut = this.#cut as Cut;
    let lost = end;
    while (await reader.search()) {
      this.#durable = Math.max(this.#durable, reader.block.durable);
      reader.advance();
      lost = reader.position;
    }
    this.#cut = { ...cut, bytes: cut.bytes + Math.max(lost, reader.window.size) - end };
  }

  #whereItEnds(): Cut {
    const { path } = this.#directory;
    const last = this.#segments.at(-1);
    if (last === undefined) return { path, offset: 0, reason: 'there is no segment', bytes: 0 };
    return {
      path: this.#directory.file(segmentName(last.number)),
      offset: last.end,
      reason: 'the log ends here',
      bytes: 0,
    };
  }
}
