import { type Awaitable, KvError } from '@kv/protocol';
import { checksumSeed, placeOf } from '../format/block-header.js';
import { type EpochStart, lastEpoch, type SnapshotReference } from '../format/manifest.js';
import { Block } from './block.js';
import { epochNumber } from './epochs.js';
import type { HistorySource, TakeChange } from './history.js';
import { HistoryPlaces } from './history-places.js';
import { HistoryReaders } from './history-readers.js';
import { LogDirectory } from './log-directory.js';
import { type LogOptions, withDefaults } from './log-options.js';
import { Progress } from './progress.js';
import { type Cut, cutOf, type Recovered, type Recovery, recover } from './recovery.js';
import type { BlockReplay } from './replay.js';
import { SegmentWriter } from './segment-writer.js';
import { Segments } from './segments.js';
import { SnapshotWriter } from './snapshot-writer.js';
import { Syncer } from './syncer.js';
import { failureOf } from './unreadable.js';
import { WriteGate } from './write-gate.js';

/** How many bytes there must be room for before a log is written again that had none. */
const PROBE_BYTES = 64 * 1024;

/** Whether a log takes changes; if not, what is in it can be relied on all the same. */
export type LogState = 'open' | 'read-only' | 'closed';

/**
 * A write-ahead log in a directory: changes in their order, each as the bytes of a `CommandRequest`.
 *
 * Changes are appended to {@link block}, and committed together. While that is under way, another block is filled. Where
 * a change stands is told by its sequence: they are counted from 1, over all openings of the log.
 */
export class Log {
  /** Tells this opening of the log from all others: they are counted. */
  readonly epoch: number;
  /** Its number in positions, which tells it from those of all other logs as well. */
  readonly epochNumber: number;
  /** What was found when it was opened. */
  readonly recovery: Recovery;
  readonly #directory: LogDirectory;
  readonly #options: LogOptions;
  readonly #segments: Segments;
  readonly #gate: WriteGate;
  readonly #syncer: Syncer;
  readonly #progress: Progress;
  readonly #places = new HistoryPlaces();
  readonly #history: HistoryReaders;
  readonly #seed: number;
  readonly #isOnLoop: boolean;
  #block = new Block();
  #committing = new Block();
  #isCommitting = false;
  /** How many bytes of a block that failed may be left at the end. */
  #remains = 0;
  #isClosed = false;

  private constructor(
    directory: LogDirectory,
    options: LogOptions,
    recovered: Recovered,
    recovery: Recovery,
    segment: SegmentWriter,
  ) {
    const { manifest, contents } = recovered;
    this.#directory = directory;
    this.#options = options;
    this.recovery = recovery;
    this.epoch = lastEpoch(manifest);
    this.epochNumber = epochNumber(manifest.epochs.at(-1) as EpochStart);
    this.#progress = new Progress(contents.last);
    this.#seed = checksumSeed(manifest.storeId);
    this.#isOnLoop = options.inline || options.fsync !== 'always';
    const { clock, onWarning } = options;
    const name = `The log in ${directory.path}`;
    this.#gate = new WriteGate(name, clock, onWarning, () => this.#probe());
    this.#syncer = new Syncer(clock, () => this.#sync());
    this.#history = new HistoryReaders(() => this.#historySource(), clock);
    const onLoss = (cause: unknown): void => void this.#gate.lose(cause);
    this.#segments = new Segments(directory, options, recovered, segment, this.#progress, onLoss);
  }

  /**
   * Opens the log of a directory that belongs to the caller, or makes one there.
   *
   * @param replay is given what is in it.
   * @throws {KvError} `STORAGE_FAILURE` if it is damaged, with the path of the file and where in it, or if the file system
   * fails; `UNSUPPORTED` if it is a later version's. What is damaged is left as it is.
   */
  static async open(path: string, options: Partial<LogOptions>, replay: BlockReplay): Promise<Log> {
    const settings = withDefaults(options);
    const { clock, fileSystem, onWarning } = settings;
    const directory = new LogDirectory(path, fileSystem);
    const start = clock.now();
    try {
      const recovered = await recover(directory, replay, settings.newEpochTag());
      const { contents, manifest } = recovered;
      const segment = await SegmentWriter.open(directory, manifest.lastSegment, settings);
      const cut = cutOf(contents);
      if (cut !== undefined) onWarning(warningOf(cut));
      const { changes, segments } = contents;
      const bytes = segments.reduce((sum, { end }) => sum + end, 0);
      const recovery = { changes, bytes, ms: clock.now() - start, cut };
      return new Log(directory, settings, recovered, recovery, segment);
    } catch (error) {
      throw failureOf(`The log in ${path} cannot be opened`, error);
    }
  }

  /** What is being filled: another one after each {@link commit}. */
  get block(): Block {
    return this.#block;
  }

  /** The sequence of the last change that is in the log. */
  get committed(): number {
    return this.#progress.committed;
  }

  /** The sequence of the last change of which it is known that a crash of the machine will not take it. */
  get durable(): number {
    return this.#progress.durable;
  }

  /** Told when {@link durable} has grown. It must not throw. */
  set onDurable(listener: () => void) {
    this.#progress.onDurable = listener;
  }

  /** Where its epochs begin. */
  get epochs(): readonly EpochStart[] {
    return this.#segments.manifest.epochs;
  }

  /**
   * Reads some changes again: of those from the one after `after` to `through`, which must be committed, as many as are
   * taken, or as can be read in a moment. If many ask at the same time, some wait for their turn.
   *
   * @returns the sequence of the last that was read.
   * @throws {KvError} `GONE` if the log does not go back so far any more; `STORAGE_FAILURE` if it cannot be read;
   * `UNAVAILABLE` if it is closed.
   */
  readHistory(after: number, through: number, take: TakeChange): Promise<number> {
    return this.#history.read(after, through, take);
  }

  /** The snapshot in whose place no earlier changes are kept. */
  get snapshot(): SnapshotReference | undefined {
    return this.#segments.manifest.snapshot;
  }

  /** The bytes of its segments: of what is read when it is opened, beside the snapshot. */
  get bytes(): number {
    return this.#segments.bytes;
  }

  get state(): LogState {
    if (this.#isClosed) return 'closed';
    return this.#gate.problem === undefined ? 'open' : 'read-only';
  }

  /** Why it takes no changes, if it does not. */
  get problem(): KvError | undefined {
    return this.#gate.problem;
  }

  /**
   * Why a change would be refused that is to be written now; `undefined` if it would not be. If it is for want of room,
   * this has it tried, once a second, whether there is some.
   */
  refusal(): KvError | undefined {
    if (this.#isClosed) return new KvError('UNAVAILABLE', 'The log is closed');
    return this.#gate.refusal();
  }

  /**
   * Commits what is in {@link block}, which is another one from now on. What is in the one before can be read until the
   * next commit. No commit may be under way.
   *
   * @returns at once, if that could be done on the event loop.
   * @throws {KvError} `STORAGE_FAILURE`, thrown or rejected: the changes are not in the log.
   */
  commit(): Awaitable<void> {
    if (this.#isCommitting) throw new Error('A commit is under way');
    const block = this.#block;
    if (block.isUnfinished) throw new Error('A write was begun and not ended');
    this.#block = this.#committing;
    this.#committing = block;
    this.#block.clear();
    if (block.changes === 0) return;
    const refusal = this.refusal();
    if (refusal !== undefined) throw refusal;
    const ready = this.#segments.ready(block.sealedBytes);
    if (ready !== undefined || !this.#isOnLoop) return this.#commitLater(block, ready);
    const bytes = this.#seal(block);
    try {
      this.#segments.current.writeSync(bytes);
    } catch (cause) {
      throw this.#failed(cause, bytes.length);
    }
    this.#wasWritten(block);
  }

  /**
   * Waits until all is durable that is committed.
   *
   * @throws {KvError} `STORAGE_FAILURE` if that may not be so, nor become so.
   */
  async sync(): Promise<void> {
    await this.#syncThrough(this.#progress.committed);
  }

  /** Has the next block begin a segment, so that those before can go when a snapshot has what is in them. */
  rotate(): void {
    this.#segments.rotate();
  }

  /**
   * Begins a snapshot.
   *
   * @param start the sequence of the last change that will be in it for certain.
   * @param hashSeed what the hashes are made with in whose order it will be, 8 bytes.
   */
  createSnapshot(start: number, hashSeed: Uint8Array): Promise<SnapshotWriter> {
    const { storeId } = this.#segments.manifest;
    const header = { storeId, number: start, epoch: this.epoch, hashSeed };
    return SnapshotWriter.create(this.#directory, header);
  }

  /**
   * Ends a snapshot, with which the log begins from now on. What it needs of the log is made durable before; the segments,
   * and the snapshot, that are not needed any more are removed after. If that fails the log is as it was, and the snapshot
   * is given up.
   *
   * @param end the sequence of the last change that may be in it, which must be committed.
   * @throws {KvError} `STORAGE_FAILURE` if the file system fails.
   */
  async adoptSnapshot(writer: SnapshotWriter, end: number): Promise<void> {
    if (end > this.#progress.committed) {
      throw new RangeError('A snapshot has changes that the log has not');
    }
    try {
      await this.#syncThrough(end);
      await writer.finish(end);
      await this.#segments.adoptSnapshot({ start: writer.start, end });
    } catch (cause) {
      await writer.abandon();
      throw failureOf('The snapshot could not be written', cause);
    }
  }

  /**
   * Makes durable what is committed, and lets go of the files. To be called once, when no commit is under way.
   *
   * @throws {KvError} `STORAGE_FAILURE` if something may not be durable; the files are let go of all the same.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#syncer.cancel();
    await this.#history.close();
    await this.#gate.settle();
    try {
      await this.sync();
    } finally {
      await this.#segments.close().catch((cause) => {
        // What the manifest does not say, whoever opens it will find out.
        this.#options.onWarning(
          failureOf(`${this.#directory.path} was not tidied up`, cause).message,
        );
      });
    }
  }

  #historySource(): HistorySource {
    const { manifest, all: segments } = this.#segments;
    return { directory: this.#directory, manifest, segments, places: this.#places };
  }

  async #commitLater(block: Block, ready: Promise<void> | undefined): Promise<void> {
    let attempted = 0;
    this.#isCommitting = true;
    try {
      if (ready !== undefined) await ready;
      const bytes = this.#seal(block);
      attempted = bytes.length;
      await this.#segments.current.write(bytes);
    } catch (cause) {
      throw this.#failed(cause, attempted);
    } finally {
      this.#isCommitting = false;
    }
    this.#wasWritten(block);
  }

  #seal(block: Block): Buffer {
    const { number, end } = this.#segments.current;
    return block.seal(
      {
        flags: 0,
        changes: block.changes,
        epoch: this.epoch,
        segment: number,
        place: placeOf(end),
        first: this.#progress.committed + 1,
        durable: this.#progress.durable,
      },
      this.#seed,
    );
  }

  #wasWritten(block: Block): void {
    const progress = this.#progress;
    progress.committed += block.changes;
    if (this.#options.fsync === 'always') progress.becameDurable(progress.committed);
    else if (this.#options.fsync === 'everysec') this.#syncer.schedule();
    this.#segments.lookAhead();
  }

  #failed(cause: unknown, bytes: number): KvError {
    this.#remains = Math.max(this.#remains, bytes);
    return this.#gate.fail(cause);
  }

  async #probe(): Promise<void> {
    await this.#segments.clear(Math.max(this.#remains, PROBE_BYTES));
    this.#remains = 0;
  }

  async #syncThrough(sequence: number): Promise<void> {
    while (this.#progress.durable < sequence) await this.#syncer.run();
  }

  async #sync(): Promise<void> {
    // What was lost may not be noticed a second time.
    if (this.#gate.loss !== undefined) throw this.#gate.loss;
    const { committed } = this.#progress;
    try {
      await this.#segments.sync();
    } catch (cause) {
      throw this.#gate.lose(cause);
    }
    this.#progress.becameDurable(committed);
  }
}

function warningOf({ path, offset, bytes, reason }: Cut): string {
  return `${path} was cut at byte ${offset}, where ${bytes} bytes did not count that were not durable: ${reason}`;
}
