import { lastEpoch, type Manifest, type SnapshotReference } from '../format/manifest.js';
import { segmentName, snapshotName } from './file-names.js';
import type { FileContents } from './log-contents.js';
import type { LogDirectory } from './log-directory.js';
import type { LogOptions } from './log-options.js';
import type { Progress } from './progress.js';
import type { Recovered } from './recovery.js';
import { SegmentWriter } from './segment-writer.js';

/** A making of the next segment that failed is not repeated sooner, unless it is needed, in milliseconds. */
const RETRY_MS = 1000;

/** The segments of a log, of which the last is written; and the manifest, which says which they are. */
export class Segments {
  readonly #directory: LogDirectory;
  readonly #options: LogOptions;
  readonly #progress: Progress;
  readonly #onLoss: (cause: unknown) => void;
  #manifest: Manifest;
  #current: SegmentWriter;
  #next: SegmentWriter | undefined;
  #preparing: Promise<void> | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;
  #isRotating = false;
  /** Those before the current one, in their order. */
  readonly #left: Pick<FileContents, 'number' | 'end' | 'last'>[];
  /** Is over when those that were left are closed. */
  #leaving: Promise<void> = Promise.resolve();
  /** Why one that was left could not be made durable. */
  #lost: { readonly cause: unknown } | undefined;
  /** What changes the manifest does so one after the other. */
  #changing: Promise<unknown> = Promise.resolve();

  /**
   * @param current the last segment of the manifest, which has no blocks yet.
   * @param onLoss told when one that was left could not be made durable.
   */
  constructor(
    directory: LogDirectory,
    options: LogOptions,
    { manifest, contents }: Recovered,
    current: SegmentWriter,
    progress: Progress,
    onLoss: (cause: unknown) => void,
  ) {
    this.#directory = directory;
    this.#options = options;
    this.#manifest = manifest;
    this.#current = current;
    this.#left = contents.segments.filter(({ number }) => number < current.number);
    this.#progress = progress;
    this.#onLoss = onLoss;
  }

  /** The one that is written. */
  get current(): SegmentWriter {
    return this.#current;
  }

  get manifest(): Manifest {
    return this.#manifest;
  }

  /** All of them, in their order, with the sequence of the last change of each. */
  get all(): readonly Pick<FileContents, 'number' | 'last'>[] {
    const last = this.#progress.committed;
    return [...this.#left, { number: this.#current.number, last }];
  }

  /** The bytes of all segments. */
  get bytes(): number {
    return this.#left.reduce((sum, { end }) => sum + end, this.#current.end);
  }

  /** Has the next block begin a segment. */
  rotate(): void {
    this.#isRotating = !this.#current.isEmpty;
  }

  /** What to wait for before a block of so many bytes can be written to {@link current}, which may be another then. */
  ready(bytes: number): Promise<void> | undefined {
    const current = this.#current;
    const isFull = current.end + bytes > this.#options.segmentBytes;
    // One block alone may be larger than a segment.
    if (current.isEmpty || !(isFull || this.#isRotating)) return current.busy(bytes);
    if (this.#next === undefined) return this.prepare().then(() => this.ready(bytes));
    this.#turn(this.#next);
    return this.ready(bytes);
  }

  /** To be called after a block was written: makes ready what will be needed. */
  lookAhead(): void {
    const { segmentBytes, fsync, clock } = this.#options;
    if (fsync === 'always') this.#current.makeRoom(segmentBytes);
    if (!this.#needsNext || this.#next !== undefined || this.#preparing !== undefined) return;
    if (clock.now() - this.#failedAt < RETRY_MS) return;
    // If it fails, there is time to try again.
    this.prepare().catch(() => {});
  }

  /** Removes what a block that failed may have left, and makes certain that there is room for the next. */
  async clear(bytes: number): Promise<void> {
    await this.#current.clear(bytes);
    if (this.#needsNext) await this.prepare();
  }

  /** Makes the next segment, if there is none. */
  prepare(): Promise<void> {
    if (this.#next !== undefined) return Promise.resolve();
    this.#preparing ??= this.#change(() => this.#makeNext()).finally(() => {
      this.#preparing = undefined;
    });
    return this.#preparing;
  }

  /** Makes durable all that has been written. */
  async sync(): Promise<void> {
    await this.#leaving;
    if (this.#lost !== undefined) throw this.#lost.cause;
    await this.#current.datasync();
  }

  /** Names a snapshot in the manifest, and removes the files that are not needed beside it. */
  adoptSnapshot(snapshot: SnapshotReference): Promise<void> {
    return this.#change(async () => {
      const { snapshot: before } = this.#manifest;
      const needed = this.#left.findIndex(({ last }) => last > snapshot.start);
      const dropped = needed < 0 ? this.#left.length : needed;
      const firstSegment = this.#left[dropped]?.number ?? this.#current.number;
      await this.#write({ firstSegment, snapshot });
      const names = this.#left.splice(0, dropped).map(({ number }) => segmentName(number));
      await this.#leaving;
      if (before !== undefined && before.start !== snapshot.start) {
        names.push(snapshotName(before.start));
      }
      await this.#directory.remove(names);
    });
  }

  /** Lets go of all files. */
  async close(): Promise<void> {
    await this.#preparing?.catch(() => {});
    const next = this.#next;
    await Promise.allSettled([this.#leaving, this.#current.close(), next?.close()]);
    await this.#change(async () => {
      await this.#write({ lastSegment: this.#current.number });
      if (next !== undefined) await this.#directory.remove([segmentName(next.number)]);
    });
  }

  get #needsNext(): boolean {
    return this.#isRotating || this.#current.end >= this.#options.segmentBytes / 2;
  }

  async #makeNext(): Promise<void> {
    const number = this.#current.number + 1;
    const { storeId } = this.#manifest;
    const epoch = lastEpoch(this.#manifest);
    let next: SegmentWriter | undefined;
    // Those who write faster than the disk wait here, not in the memory of the system.
    await this.#leaving;
    try {
      await this.#directory.createSegment({ storeId, number, epoch, hashSeed: undefined });
      next = await SegmentWriter.open(this.#directory, number, this.#options);
      await this.#write({ lastSegment: number });
      this.#next = next;
    } catch (error) {
      this.#failedAt = this.#options.clock.now();
      await next?.close();
      throw error;
    }
  }

  /** Goes on in the next segment. */
  #turn(next: SegmentWriter): void {
    const left = this.#current;
    const last = this.#progress.committed;
    this.#left.push({ number: left.number, end: left.end, last });
    this.#current = next;
    this.#next = undefined;
    this.#isRotating = false;
    this.#leaving = this.#leaving.then(() => this.#leave(left, last));
  }

  async #leave(left: SegmentWriter, last: number): Promise<void> {
    try {
      // If one is lost, nothing behind it counts.
      if (this.#options.fsync !== 'always' && !this.#lost) await left.datasync();
    } catch (cause) {
      this.#lost = { cause };
      this.#onLoss(cause);
    }
    await left.close();
    if (!this.#lost) this.#progress.becameDurable(last);
  }

  async #write(change: Partial<Manifest>): Promise<void> {
    const { durable } = this.#progress;
    const manifest = { ...this.#manifest, ...change, durable };
    await this.#directory.writeManifest(manifest);
    this.#manifest = manifest;
  }

  #change(change: () => Promise<void>): Promise<void> {
    const changed = this.#changing.then(change);
    this.#changing = changed.catch(() => {});
    return changed;
  }
}
