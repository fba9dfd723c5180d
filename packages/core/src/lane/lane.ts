import type { ByteWriter } from '@kv/protocol';
import type { NameLimits } from '../limits.js';
import type { LaneAnswer, LaneRequest, StorageLane } from '../storage/storage-lane.js';
import type { Tally } from '../tally.js';
import { BatchLane } from './batch-lane.js';
import { LaneReader } from './lane-reader.js';

/** How many requests are prefetched together, at the most. */
export const MAX_PREFETCH = 16;

/**
 * The short way of a request: from its bytes to those of its response, in a storage that can do that.
 * Nothing can be told from the answers but how soon they come: whatever is out of the ordinary is left to
 * the plain path, which is the specification of this one.
 */
export class Lane {
  #storage: StorageLane;
  readonly #tally: Tally;
  readonly #reader: LaneReader;
  /** Where requests go that are for more than a single key. */
  readonly #batches: BatchLane;
  /** The requests that were prefetched, each at its place modulo {@link MAX_PREFETCH}. */
  readonly #prefetched: readonly LaneReader[];
  /** The places at which they are. */
  readonly #places: Float64Array = new Float64Array(MAX_PREFETCH);
  #nextPlace = MAX_PREFETCH;
  /** Those that the storage is told of. */
  readonly #told: LaneRequest[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(storage: StorageLane, limits: NameLimits, tally: Tally) {
    this.#storage = storage;
    this.#tally = tally;
    this.#reader = new LaneReader(limits);
    this.#batches = new BatchLane(storage, limits, tally);
    this.#prefetched = Array.from({ length: MAX_PREFETCH }, () => new LaneReader(limits));
  }

  /**
   * Looks at requests that are about to be {@link read}: `count` of them, {@link MAX_PREFETCH} at the most.
   *
   * @returns the place of the first of them; those of the others follow.
   */
  prefetch(bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array, count: number): number {
    const first = this.#nextPlace;
    this.#nextPlace += MAX_PREFETCH;
    const told = this.#told;
    const view = this.#viewOf(bytes);
    let taken = 0;
    for (let i = 0; i < count; i++) {
      const reader = this.#prefetched[i] as LaneReader;
      const isTaken = reader.read(bytes, view, starts[i] as number, ends[i] as number);
      this.#places[i] = isTaken ? first + i : 0;
      if (isTaken) told[taken++] = reader;
    }
    this.#storage.prefetch?.(told, taken);
    return first;
  }

  /** Has another lane of the same storage carry out what comes from now on. */
  use(storage: StorageLane): void {
    this.#storage = storage;
    this.#batches.use(storage);
  }

  /** Whether it takes on what cannot be answered at once. */
  get defers(): boolean {
    return this.#storage.defer !== undefined;
  }

  /**
   * Finds the parts of the `CommandRequest` from `start` to `end`.
   *
   * @param place of a request that was prefetched; 0 of another.
   * @returns the request, until the next is read; `undefined` if it is one for the plain path.
   */
  read(bytes: Uint8Array, start: number, end: number, place: number): LaneRequest | undefined {
    const index = place % MAX_PREFETCH;
    if (place > 0 && this.#places[index] === place) return this.#prefetched[index];
    return this.#reader.read(bytes, this.#viewOf(bytes), start, end) ? this.#reader : undefined;
  }

  /**
   * Carries out a request that was {@link read}, and appends its `CommandResponse` to `out`.
   *
   * @returns false, with nothing done, if it cannot be answered at once.
   */
  execute(request: LaneRequest, out: ByteWriter): boolean {
    const status = this.#storage.execute(request, out);
    if (status === 0) return false;
    this.#tally.answered(request.command, status);
    return true;
  }

  /**
   * Has the storage carry out later a request that was {@link read}.
   *
   * @returns false, with nothing done, if it is one for the plain path.
   */
  defer(request: LaneRequest, answer: LaneAnswer): boolean {
    if (this.#storage.defer?.(request, answer) !== true) return false;
    this.#tally.beganCommand(request.command);
    return true;
  }

  /**
   * Carries out the `CommandRequest` from `start` to `end` if it is about several keys or a whole table, and
   * appends its `CommandResponse` to `out`.
   *
   * @param maxBytes the longest response that the peer can be sent.
   * @returns false, with nothing done, if it is one for the plain path.
   */
  answerMany(
    bytes: Uint8Array,
    start: number,
    end: number,
    out: ByteWriter,
    maxBytes: number,
  ): boolean {
    return this.#batches.answer(bytes, this.#viewOf(bytes), start, end, out, maxBytes);
  }

  /** A view of the bytes, the same as long as they are: a chunk holds many requests. */
  #viewOf(bytes: Uint8Array): DataView {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#view;
  }
}
