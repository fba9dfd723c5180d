import {
  KvError,
  type LaneAnswer,
  type LaneCommand,
  type LaneRequest,
  type StorageLane,
} from '@kv/core';
import type { ByteWriter } from '@kv/protocol';

/** Something that waits for its turn behind changes that have to be logged. */
export interface Operation {
  /**
   * Whether it changes something: then it fails if the log does.
   */
  readonly changes: boolean;
  /** Its turn has come, and what it changes is in the log. */
  carryOut(): void;
  /** What it changes could not be logged. */
  fail(error: unknown): void;
}

/** A call of one of the storage's methods. */
export class CallOperation<Answer> implements Operation {
  readonly changes: boolean;
  readonly answer: Promise<Answer>;
  readonly #run: () => Answer;
  // Set by the promise, which calls back before its constructor returns.
  #resolve!: (answer: Answer) => void;
  #reject!: (error: unknown) => void;

  /** @param run called when its turn has come. */
  constructor(changes: boolean, run: () => Answer) {
    this.changes = changes;
    this.#run = run;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  carryOut(): void {
    try {
      this.#resolve(this.#run());
    } catch (error) {
      this.#reject(error);
    }
  }

  fail(error: unknown): void {
    this.#reject(error);
  }
}

/** Where the bytes of requests are kept. */
export interface KeptBytes {
  readonly out: ByteWriter;
  /** Over the writer's bytes. */
  readonly view: DataView;
}

/** A request on the lane. One object is used for many, one after the other. */
export class LaneOperation implements LaneRequest, Operation {
  command: LaneCommand = 'hget';
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  start = 0;
  end = 0;
  tableStart = 0;
  tableEnd = 0;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  hash = 0;
  changes = false;
  readonly #lane: Pick<StorageLane, 'execute'>;
  #answer: LaneAnswer | undefined;
  #source: KeptBytes | undefined;

  /** @param lane carries it out. */
  constructor(lane: Pick<StorageLane, 'execute'>) {
    this.#lane = lane;
  }

  /**
   * Keeps a request.
   *
   * @param shift by how much its bytes are further back by now, in `source`.
   */
  keep(request: LaneRequest, answer: LaneAnswer, source: KeptBytes, shift: number): void {
    this.command = request.command;
    this.changes = request.command === 'hset' || request.command === 'hdel';
    this.start = request.start + shift;
    this.end = request.end + shift;
    this.tableStart = request.tableStart + shift;
    this.tableEnd = request.tableEnd + shift;
    this.keyStart = request.keyStart + shift;
    this.keyEnd = request.keyEnd + shift;
    this.valueStart = request.valueStart + shift;
    this.valueEnd = request.valueEnd + shift;
    this.hash = request.hash;
    this.#answer = answer;
    this.#source = source;
  }

  carryOut(): void {
    const { out, view } = this.#source as KeptBytes;
    this.bytes = out.bytes;
    this.view = view;
    if (this.#answer?.execute(this.#lane, this) === false) this.fail(outOfMemory());
    this.#answer = undefined;
  }

  fail(error: unknown): void {
    this.#answer?.fail(error);
    this.#answer = undefined;
  }
}

/** What is logged and cannot be applied is there again when the storage is opened the next time. */
function outOfMemory(): KvError {
  return new KvError('STORAGE_FAILURE', 'The storage is out of memory');
}
