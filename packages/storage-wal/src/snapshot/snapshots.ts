import type { SlabStorage } from '@kv/core';
import { KvError } from '@kv/protocol';
import type { Log } from '../log/log.js';
import { failureOf } from '../log/unreadable.js';
import { dumpInto } from './dump-into.js';

/** With how much log a snapshot is taken at the least, unless told otherwise. */
const DEFAULT_LOG_BYTES = 64 * 1024 * 1024;

/** A snapshot that was taken. */
export interface SnapshotTaken {
  /** The bytes of the file. */
  readonly bytes: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** What {@link Snapshots} are taken of. */
export interface SnapshotContext {
  readonly log: Log;
  readonly storage: SlabStorage;
  readonly hashKey: Uint8Array;
  /** The sequence of the last change that is in the storage. */
  readonly applied: () => number;
  /** Told that one is begun, and from where on its log is needed. */
  readonly begins: (start: number) => void;
  /** With how much log a snapshot is taken; by default 64 MiB, or the bytes of the last snapshot if they are more. */
  readonly logBytes: number | undefined;
  /** Once it is aborted, there are no more: the one that is being taken is given up. */
  readonly signal: AbortSignal | undefined;
  readonly now: () => number;
  /** Told why one that nobody had asked for could not be taken. */
  readonly onWarning: (message: string) => void;
}

/**
 * Takes snapshots of a storage while it is written to, one at a time, so that the log before them is not needed
 * any more.
 */
export class Snapshots {
  readonly #context: SnapshotContext;
  /** How many have been taken. */
  taken = 0;
  #underWay: Promise<SnapshotTaken> | undefined;
  /** The sequence with which the one under way began. */
  #start = 0;
  #isGivenUp = false;
  #last: SnapshotTaken | undefined;
  /** Bytes of log since the last one began. */
  #logBytes: number;

  constructor(context: SnapshotContext) {
    this.#context = context;
    this.#logBytes = context.log.recovery.bytes;
  }

  /** Whether one is being taken. */
  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  /** Notes that the log has grown, and takes a snapshot if it is time for one. */
  logged(bytes: number): void {
    this.#logBytes += bytes;
    if (this.#underWay !== undefined || this.#logBytes < this.#limit()) return;
    this.take().catch((error: unknown) => {
      if (isGivenUp(error)) return;
      this.#context.onWarning(`A snapshot could not be taken: ${KvError.from(error).message}`);
    });
  }

  /**
   * Takes a snapshot; or waits for the one that is being taken.
   *
   * @throws {KvError} `STORAGE_FAILURE` if it cannot be written, `UNAVAILABLE` if it is given up; the log goes on
   * without it.
   */
  take(): Promise<SnapshotTaken> {
    this.#underWay ??= this.#take().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  /**
   * Takes one that has all there is; gives up the one that is being taken, unless nothing has changed since it began.
   *
   * @throws {KvError} as {@link take}.
   */
  async takeLast(): Promise<SnapshotTaken> {
    if (this.#start !== this.#context.applied()) await this.giveUp();
    return this.take();
  }

  /** Gives up the one that is being taken, of which nothing is left then: the log has all that would be in it. */
  async giveUp(): Promise<void> {
    if (this.#underWay === undefined) return;
    this.#isGivenUp = true;
    await this.#underWay.catch(() => {});
    this.#isGivenUp = false;
  }

  #limit(): number {
    return this.#context.logBytes ?? Math.max(DEFAULT_LOG_BYTES, this.#last?.bytes ?? 0);
  }

  async #take(): Promise<SnapshotTaken> {
    const { log, now, applied } = this.#context;
    const begun = now();
    this.#checkGoesOn();
    this.#logBytes = 0;
    const start = applied();
    this.#start = start;
    if (this.#last !== undefined && log.snapshot?.start === start) return this.#last;
    try {
      const bytes = await this.#write(start);
      this.taken++;
      this.#last = { bytes, ms: now() - begun };
      return this.#last;
    } catch (error) {
      throw failureOf('The snapshot could not be written', error);
    }
  }

  async #write(start: number): Promise<number> {
    const { log, storage, hashKey, begins } = this.#context;
    begins(start);
    log.rotate();
    const writer = await log.createSnapshot(start, hashKey);
    try {
      await dumpInto(writer, storage, () => this.#checkGoesOn());
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    await log.adoptSnapshot(writer, log.committed);
    return writer.bytes;
  }

  #checkGoesOn(): void {
    if (!this.#isGivenUp && !this.#context.signal?.aborted) return;
    throw new KvError(
      'UNAVAILABLE',
      'The snapshot was given up, since the storage is to be closed',
    );
  }
}

function isGivenUp(error: unknown): boolean {
  return error instanceof KvError && error.code === 'UNAVAILABLE';
}
