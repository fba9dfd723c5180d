import type { LaneAnswer, LaneRequest, StorageLane } from '@kv/core';
import { ByteWriter } from '@kv/protocol';
import type { Block } from './log/block.js';
import { type KeptBytes, LaneOperation, type Operation } from './operation.js';
import { PendingKeys } from './pending-keys.js';

/** Requests that change nothing and still have to wait. */
class KeptReads implements KeptBytes {
  readonly out: ByteWriter = new ByteWriter();
  view: DataView = viewOf(this.out.bytes);

  /** Keeps a copy of some bytes; answers where it begins. */
  keep(source: Uint8Array, start: number, end: number): number {
    const { out } = this;
    const { bytes, length } = out;
    out.write(source.subarray(start, end));
    if (out.bytes !== bytes) this.view = viewOf(out.bytes);
    return length;
  }
}

/** What is carried out, in order, when the changes of a block are in the log. */
export class Batch {
  /** The keys that the block changes. */
  readonly pending: PendingKeys = new PendingKeys();
  readonly #lane: Pick<StorageLane, 'execute'>;
  readonly #operations: Operation[] = [];
  readonly #reads = new KeptReads();
  /** Used again and again. */
  readonly #laneOperations: LaneOperation[] = [];
  #laneOperationsUsed = 0;

  /** @param lane carries out requests. */
  constructor(lane: Pick<StorageLane, 'execute'>) {
    this.#lane = lane;
  }

  get isEmpty(): boolean {
    return this.#operations.length === 0;
  }

  add(operation: Operation): void {
    this.#operations.push(operation);
  }

  /** Puts off a request that changes nothing. */
  addRead(request: LaneRequest, answer: LaneAnswer): void {
    const start = request.tableStart;
    const at = this.#reads.keep(request.bytes, start, request.keyEnd);
    this.#keep(request, answer, this.#reads, at - start);
  }

  /**
   * Appends to the block a request that changes something, and puts it off.
   *
   * @throws {KvError} if it does not fit the block; nothing is done then.
   */
  addChange(block: Block, request: LaneRequest, answer: LaneAnswer): void {
    const { bytes, view, start, end } = request;
    const at = block.append(bytes, view, start, end);
    this.pending.add(view, request.keyStart, request.keyEnd);
    this.#keep(request, answer, block, at - start);
  }

  /** Carries all of it out, or has fail what could not be logged. */
  end(failure: { readonly error: unknown } | undefined): void {
    for (const operation of this.#operations) {
      if (failure !== undefined && operation.changes) operation.fail(failure.error);
      else operation.carryOut();
    }
    this.#operations.length = 0;
    this.#laneOperationsUsed = 0;
    this.#reads.out.length = 0;
    this.pending.clear();
  }

  #keep(request: LaneRequest, answer: LaneAnswer, source: KeptBytes, shift: number): void {
    let operation = this.#laneOperations[this.#laneOperationsUsed];
    if (operation === undefined) {
      operation = new LaneOperation(this.#lane);
      this.#laneOperations.push(operation);
    }
    this.#laneOperationsUsed++;
    operation.keep(request, answer, source, shift);
    this.#operations.push(operation);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
