import { type Awaitable, KvError } from '@kv/protocol';
import { checksumSeed } from '../format/layout.js';
import type { Manifest, SnapshotReference } from '../format/manifest.js';
import type { ReplayChange } from '../format/record.js';
import { encodeSegmentHeader } from '../format/segment-header.js';
import { Block } from './block.js';
import { segmentName } from './file-names.js';
import { LogDirectory } from './log-directory.js';
import { DEFAULT_LOG_OPTIONS, type LogOptions } from './log-options.js';
import type { ReadLog } from './read-log.js';
import { type Recovery, recover, removeLeftovers } from './recovery.js';
import { SegmentWriter } from './segment-writer.js';

/** How long what was committed may be left to the system before it is made durable, in milliseconds. */
const SYNC_INTERVAL_MS = 1000;

/** What a log can do: write, nothing but tell what it has, or nothing any more. */
export type LogState = 'open' | 'read-only' | 'closed';

/**
 * A write-ahead log in a directory: changes, in their order, each in the bytes of its `CommandRequest`.
 *
 * Changes are appended to {@link block} and committed together. One commit is under way at any time; what comes
 * meanwhile goes into the next block.
 */
export class Log {
  /** What was found when it was opened. */
  readonly recovery: Recovery;
  /** The time since this opening; no other has the same. */
  readonly epoch: number;
  readonly #directory: LogDirectory;
  readonly #options: LogOptions;
  readonly #seed: number;
  readonly #onLoop: boolean;
  #manifest: Manifest;
  #block = new Block();
  #idle = new Block();
  #committed: number;
  #durable: number;
  #segment: SegmentWriter;
  #next: SegmentWriter | undefined;
  #rotating = false;
  #preparing: Promise<void> | undefined;
  /** The segments before the one that is being written, in their order. */
  readonly #left: { readonly number: number; readonly last: number }[];
  /** Segments that were left, and are being closed. */
  #leaving: Promise<void> = Promise.resolve();
  /** What changes the manifest, one after the other. */
  #housekeeping: Promise<unknown> = Promise.resolve();
  #problem: KvError | undefined;
  #closed = false;
  #cancelSync: (() => void) | undefined;
  #syncing: Promise<void> | undefined;

  private constructor(
    directory: LogDirectory,
    options: LogOptions,
    recovery: Recovery,
    manifest: Manifest,
    { segments, last }: ReadLog,
    segment: SegmentWriter,
  ) {
    this.#directory = directory;
    this.#options = options;
    this.#seed = checksumSeed(manifest.storeId);
    this.#onLoop = options.inline || options.fsync !== 'always';
    this.#manifest = manifest;
    this.#left = segments.filter(({ number }) => number < segment.number);
    this.#committed = last;
    this.#durable = last;
    this.#segment = segment;
    this.epoch = epochOf(manifest);
    this.recovery = recovery;
  }

  /**
   * Opens the log of a directory, which belongs to the caller; makes one if there is none. Begins a new epoch.
   *
   * @param replay is given each change that there is, in order.
   * @throws {KvError} `STORAGE_FAILURE` if it is damaged, with the file's path and where in it. Nothing is changed then.
   */
  static async open(
    path: string,
    options: Partial<LogOptions>,
    replay: ReplayChange,
  ): Promise<Log> {
    const settings = { ...DEFAULT_LOG_OPTIONS, ...options };
    const directory = new LogDirectory(path, settings.fileSystem);
    const start = settings.clock.now();
    let changes = 0;
    const { manifest, read } = await recover(directory, (...change) => {
      changes++;
      replay(...change);
    });
    const recovery = { changes, ms: settings.clock.now() - start, cut: read.cut };
    const segment = await openSegment(directory, settings, manifest, read.last);
    const named = { ...manifest, lastSegment: segment.number };
    await directory.writeManifest(named);
    await removeLeftovers(directory, named);
    if (read.cut !== undefined) {
      const { path, offset, reason, bytes } = read.cut;
      settings.onWarning(`${path}: cut at byte ${offset}, ${bytes} bytes: ${reason}`);
    }
    return new Log(directory, settings, recovery, named, read, segment);
  }

  /** What is being filled: another after each {@link commit}. */
  get block(): Block {
    return this.#block;
  }

  /** The sequence of the last change that is in the log. */
  get committed(): number {
    return this.#committed;
  }

  /** The sequence of the last change that is known to be durable. */
  get durable(): number {
    return this.#durable;
  }

  /** The snapshot that the log begins with, if there is one. */
  get snapshot(): SnapshotReference | undefined {
    return this.#manifest.snapshot;
  }

  get state(): LogState {
    if (this.#closed) return 'closed';
    return this.#problem === undefined ? 'open' : 'read-only';
  }

  /** Why it is read-only. */
  get problem(): KvError | undefined {
    return this.#problem;
  }

  /**
   * Commits what is in {@link block}, which is another one from now on. What was in it can be read in it until the
   * next call. Not to be called while a commit is under way.
   *
   * @returns at once if it could be done on the event loop.
   * @throws {KvError} `STORAGE_FAILURE` when the changes are not in the log: it throws, or rejects.
   */
  commit(): Awaitable<void> {
    const block = this.#block;
    this.#block = this.#idle;
    this.#idle = block;
    this.#block.clear();
    if (block.changes === 0) return;
    if (this.#closed) throw new KvError('UNAVAILABLE', 'The log is closed');
    if (this.#problem !== undefined) throw this.#problem;
    const ready = this.#ready(block.sealedBytes);
    return ready === undefined ? this.#write(block) : ready.then(() => this.#write(block));
  }

  /** Waits until all that is committed is durable. */
  async sync(): Promise<void> {
    const { committed } = { committed: this.#committed };
    while (this.#durable < committed) await (this.#syncing ?? this.#sync());
  }

  /** Has the next block begin a segment, so that those before it can be removed when a snapshot has what is in them. */
  rotate(): void {
    this.#rotating = !this.#segment.isEmpty;
  }

  /**
   * Goes on from a snapshot that is there under its name, and durable: removes the segments, and the snapshot, that
   * are not needed beside it.
   */
  async adoptSnapshot(snapshot: SnapshotReference): Promise<void> {
    if (this.#durable < snapshot.end) await this.sync();
    await this.#update((manifest) => {
      const needed = this.#left.findIndex(({ last }) => last > snapshot.start);
      this.#left.splice(0, needed < 0 ? this.#left.length : needed);
      const firstSegment = this.#left[0]?.number ?? this.#segment.number;
      return { ...manifest, snapshot, firstSegment };
    });
    await removeLeftovers(this.#directory, this.#manifest);
  }

  /** Makes durable what is committed, and lets go of the files. No commit may be under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelSync?.();
    await this.sync();
    await this.#preparing;
    await this.#next?.close();
    await this.#leaving;
    await this.#segment.close();
    await this.#update((manifest) => ({
      ...manifest,
      lastSegment: this.#segment.number,
      durable: this.#durable,
    }));
    await removeLeftovers(this.#directory, this.#manifest);
  }

  #write(block: Block): Awaitable<void> {
    const segment = this.#segment;
    const bytes = block.seal(
      {
        flags: 0,
        changes: block.changes,
        epoch: this.epoch,
        segment: segment.number,
        offset: segment.end,
        first: this.#committed + 1,
        durable: this.#durable,
      },
      this.#seed,
    );
    if (!this.#onLoop) {
      return segment.file.write(bytes, segment.end).then(
        () => this.#written(block, bytes.length),
        (cause) => {
          throw this.#failed(cause);
        },
      );
    }
    try {
      segment.file.writeSync(bytes, segment.end);
    } catch (cause) {
      throw this.#failed(cause);
    }
    this.#written(block, bytes.length);
  }

  #written(block: Block, bytes: number): void {
    const segment = this.#segment;
    segment.end += bytes;
    this.#committed += block.changes;
    segment.last = this.#committed;
    if (this.#options.fsync === 'always') {
      this.#durable = this.#committed;
      segment.extend(this.#options.segmentBytes);
    } else if (this.#options.fsync === 'everysec') {
      this.#scheduleSync();
    }
    if (segment.end > this.#options.segmentBytes / 2) this.#prepare();
  }

  /** What to wait for before a block of so many bytes can be written. */
  #ready(bytes: number): Promise<void> | undefined {
    const segment = this.#segment;
    const full = !segment.isEmpty && segment.end + bytes > this.#options.segmentBytes;
    if (!full && !this.#rotating) return segment.busy(bytes);
    if (this.#next !== undefined) {
      this.#turn(this.#next);
      return this.#ready(bytes);
    }
    return this.#prepare().then(() => this.#ready(bytes));
  }

  /** Goes on in the next segment. */
  #turn(next: SegmentWriter): void {
    const left = this.#segment;
    this.#left.push({ number: left.number, last: left.last });
    this.#next = undefined;
    this.#rotating = false;
    next.last = left.last;
    this.#segment = next;
    this.#leaving = this.#leaving.then(async () => {
      if (this.#options.fsync === 'everysec') await left.file.datasync();
      await left.close();
    });
  }

  /** Makes the next segment, if it is not there. */
  #prepare(): Promise<void> {
    if (this.#next !== undefined) return Promise.resolve();
    this.#preparing ??= this.#makeNext().finally(() => {
      this.#preparing = undefined;
    });
    return this.#preparing;
  }

  async #makeNext(): Promise<void> {
    const next = await openSegment(
      this.#directory,
      this.#options,
      { ...this.#manifest, lastSegment: this.#segment.number },
      this.#committed,
    );
    await this.#update((manifest) => ({ ...manifest, lastSegment: next.number }));
    this.#next = next;
  }

  #update(change: (manifest: Manifest) => Manifest): Promise<void> {
    const done = this.#housekeeping.then(async () => {
      const manifest = { ...change(this.#manifest), durable: this.#durable };
      await this.#directory.writeManifest(manifest);
      this.#manifest = manifest;
    });
    this.#housekeeping = done.catch(() => {});
    return done;
  }

  #scheduleSync(): void {
    this.#cancelSync ??= this.#options.clock.after(SYNC_INTERVAL_MS, () => {
      this.#cancelSync = undefined;
      void this.#sync();
    });
  }

  async #sync(): Promise<void> {
    const committed = this.#committed;
    const segment = this.#segment;
    this.#syncing = (async () => {
      await this.#leaving;
      await segment.file.datasync();
      this.#durable = committed;
    })();
    await this.#syncing;
    this.#syncing = undefined;
  }

  #failed(cause: unknown): KvError {
    this.#problem = new KvError('STORAGE_FAILURE', 'The log could not be written', { cause });
    return this.#problem;
  }
}

function epochOf({ epochs }: Manifest): number {
  return epochs.at(-1)?.epoch ?? 0;
}

/** Makes the segment that follows those that the manifest names. */
async function openSegment(
  directory: LogDirectory,
  { fsync, segmentBytes }: LogOptions,
  manifest: Manifest,
  last: number,
): Promise<SegmentWriter> {
  const number = manifest.lastSegment + 1;
  const name = segmentName(number);
  const header = encodeSegmentHeader({
    storeId: manifest.storeId,
    number,
    epoch: epochOf(manifest),
  });
  await directory.create(name, (file) => file.write(header, 0));
  const file = await directory.fileSystem.open(directory.file(name), {
    durable: fsync === 'always',
  });
  const segment = new SegmentWriter(number, file, last);
  if (fsync === 'always') await segment.extend(segmentBytes);
  return segment;
}
