import { END_OF_SNAPSHOT, OF_SNAPSHOT } from '../format/block-header.js';
import { lastEpoch, type Manifest } from '../format/manifest.js';
import { BlockFiles, type ReadMode } from './block-files.js';
import { segmentName, segmentNumber, snapshotName } from './file-names.js';
import type { FileContents, LogContents } from './log-contents.js';
import type { LogDirectory } from './log-directory.js';
import type { BlockReplay } from './replay.js';
import type { Problem } from './unreadable.js';

/**
 * Reads a log from its beginning to its end.
 *
 * What was durable must be there, or the log is damaged. What stands behind that was not yet durable when a process
 * ended: it counts up to the first place that is not as it was written. How far the log was durable, the manifest
 * tells, and each block.
 *
 * @throws {KvError} `UNSUPPORTED` if a later version has written any of it.
 */
export async function readLog(
  directory: LogDirectory,
  manifest: Manifest,
  replay: BlockReplay,
  mode: ReadMode,
): Promise<LogContents> {
  const reading = new LogReading(directory, manifest, replay, mode);
  const { snapshot, firstSegment, lastSegment } = manifest;
  if (snapshot !== undefined) await reading.readSnapshot(snapshot.start);
  for (let number = firstSegment; number <= lastSegment; number++) {
    await reading.readSegment(number);
  }
  await reading.checkBeyond(lastSegment);
  return reading.finish();
}

class LogReading {
  readonly #directory: LogDirectory;
  readonly #files: BlockFiles;
  readonly #epoch: number;
  readonly #segments: FileContents[] = [];
  #snapshot: FileContents | undefined;
  /** How many entries of the snapshot were read. */
  #entries = 0;
  /** The sequence of the last change that the snapshot has for certain; 0 without one. */
  readonly #start: number;
  /** The sequence of the last change that was met; `undefined` before the first. */
  #last: number | undefined;
  /** The same, before the first problem. */
  #lastWhole: number;
  #durable: number;
  /** The first place since the last block at which there was none. */
  #passed: Problem | undefined;

  constructor(directory: LogDirectory, manifest: Manifest, replay: BlockReplay, mode: ReadMode) {
    this.#directory = directory;
    this.#files = new BlockFiles(directory, manifest, replay, mode);
    this.#epoch = lastEpoch(manifest);
    this.#start = manifest.snapshot?.start ?? 0;
    this.#lastWhole = this.#start;
    this.#durable = Math.max(manifest.durable, manifest.snapshot?.end ?? 0);
  }

  /** A snapshot was durable before it counted: whatever is wrong with it is damage. */
  async readSnapshot(start: number): Promise<void> {
    const files = this.#files;
    this.#snapshot = await files.read(snapshotName(start), start, 'snapshot', async () => {
      let isEnded = false;
      await files.walk(
        () => {
          isEnded = this.#takeEntries();
        },
        (offset, reason) => files.damaged(offset, reason),
      );
      if (!isEnded) files.damaged(files.reader.position, 'the snapshot has no end');
      return this.#contents(start);
    });
  }

  async readSegment(number: number): Promise<void> {
    const files = this.#files;
    const contents = await files.read(segmentName(number), number, 'segment', async () => {
      await files.walk(
        () => this.#takeBlock(),
        (offset, reason) => this.#pass(offset, reason),
      );
      return this.#contents(number);
    });
    if (contents !== undefined) this.#segments.push(contents);
  }

  /** Segments that the manifest does not name are empty: it names each before that is written. */
  async checkBeyond(last: number): Promise<void> {
    for (const name of await this.#directory.list()) {
      if ((segmentNumber(name) ?? 0) <= last) continue;
      await this.#directory.use(name, true, (file) => this.#files.checkEmpty(name, file));
    }
  }

  finish(): LogContents {
    if (this.#passed !== undefined) this.#files.problems.push(this.#passed);
    const { replayed, problems, damage } = this.#files;
    const lostBytes = this.#segments.reduce((sum, segment) => sum + segment.lostBytes, 0);
    const last = this.#lastWhole;
    return {
      snapshot: this.#snapshot,
      segments: this.#segments,
      changes: replayed,
      last,
      durable: this.#durable,
      problems,
      lostBytes: problems.length > 0 ? lostBytes : 0,
      damage: damage ?? (this.#durable > last ? this.#loss(last) : undefined),
    };
  }

  /**
   * Passes over what is no block. It may be left of one that could not be written: that nothing is missing, the next
   * block tells.
   */
  #pass(offset: number, reason: string): void {
    this.#passed ??= { path: this.#files.path, offset, reason };
  }

  /** Notes that changes are missing: at the first place since the last change that is no block, or else here. */
  #break(offset: number, reason: string): void {
    const { path, problems } = this.#files;
    problems.push(this.#passed ?? { path, offset, reason });
  }

  #takeBlock(): void {
    const files = this.#files;
    const { block, position } = files.reader;
    const next = (this.#last ?? this.#start) + 1;
    // Only the first segment may begin before the snapshot.
    const follows = this.#last === undefined ? block.first <= next : block.first === next;
    if (!follows) this.#break(position, `change ${block.first} follows, and not ${next}`);
    this.#passed = undefined;
    if (block.epoch > this.#epoch) files.damaged(position, 'the manifest is older than this');
    this.#durable = Math.max(this.#durable, block.durable);
    if (this.#last !== undefined && block.first < next) return;
    files.replayBlock(Math.max(0, this.#start + 1 - block.first), 0);
    this.#last = block.first + block.changes - 1;
    if (files.problems.length === 0) this.#lastWhole = this.#last;
  }

  /** Answers whether it was the last block. */
  #takeEntries(): boolean {
    const files = this.#files;
    const { block, position } = files.reader;
    const next = this.#entries + 1;
    if (block.first !== next) {
      files.damaged(position, `entry ${block.first} follows, and not ${next}`);
    }
    this.#entries = block.first + block.changes - 1;
    this.#durable = Math.max(this.#durable, block.durable);
    files.replayBlock(0, OF_SNAPSHOT | END_OF_SNAPSHOT);
    return (block.flags & END_OF_SNAPSHOT) !== 0;
  }

  #contents(number: number): FileContents {
    const { path, end, blocks, changes, lostBytes, reader } = this.#files;
    const { size } = reader.window;
    return { path, number, size, end, lostBytes, blocks, changes, last: this.#lastWhole };
  }

  /** What is the matter when changes are missing that were durable. */
  #loss(last: number): Problem {
    const { path, end } = this.#segments.at(-1) ?? { path: this.#directory.path, end: 0 };
    const place = this.#files.problems[0] ?? { path, offset: end, reason: 'the log ends' };
    const durable = `the changes up to ${this.#durable} were durable`;
    return { ...place, reason: `${place.reason}; ${durable}, and are whole up to ${last}` };
  }
}
