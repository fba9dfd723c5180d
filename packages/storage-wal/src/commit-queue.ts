import type { LaneAnswer, LaneRequest, StorageLane } from '@kv/core';
import { isPromise } from '@kv/protocol';
import { Batch } from './batch.js';
import type { ChangeTeller } from './feed/wal-feed.js';
import type { Log } from './log/log.js';
import type { OldValues } from './old-values.js';
import type { Operation } from './operation.js';

/** What a {@link CommitQueue} works with. */
export interface CommitQueueContext {
  readonly log: Log;
  /** Whether commits are waited for, while the event loop goes on. */
  readonly waits: boolean;
  /** Carries out requests. */
  readonly lane: Pick<StorageLane, 'execute'>;
  /** Told of each batch that is carried out. */
  readonly teller: ChangeTeller;
  /** Logs what was there before each change, if that is wanted. */
  readonly oldValues: OldValues | undefined;
  /** Told how many bytes went into the log, when what they stand for has been carried out. */
  readonly onCommitted: (bytes: number) => void;
}

/**
 * What waits for the log: all that comes until it can be committed is committed together, and then carried
 * out in the order in which it came. So memory never has what the log has not, and nobody sees what a crash
 * could take back.
 */
export class CommitQueue {
  readonly #log: Log;
  readonly #waits: boolean;
  #filling: Batch;
  #committing: Batch | undefined;
  #spare: Batch;
  #scheduled = false;
  #bytes = 0;
  #applied: number;
  readonly #onCommitted: (bytes: number) => void;
  readonly #teller: ChangeTeller;
  readonly #oldValues: OldValues | undefined;
  #onIdle: (() => void)[] = [];

  constructor({ log, waits, lane, teller, oldValues, onCommitted }: CommitQueueContext) {
    this.#log = log;
    this.#teller = teller;
    this.#oldValues = oldValues;
    this.#applied = log.committed;
    this.#onCommitted = onCommitted;
    this.#waits = waits;
    this.#filling = new Batch(lane);
    this.#spare = new Batch(lane);
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return this.#filling.isEmpty && this.#committing === undefined;
  }

  /** The sequence of the last change that has been carried out. */
  get applied(): number {
    return this.#applied;
  }

  /** Whether a key may have a change that is not in the log yet. */
  isPending(view: DataView, start: number, end: number): boolean {
    return (
      this.#filling.pending.has(view, start, end) ||
      this.#committing?.pending.has(view, start, end) === true
    );
  }

  /** Has a request that changes nothing carried out after all that waits. */
  addRead(request: LaneRequest, answer: LaneAnswer): void {
    this.#filling.addRead(request, answer);
    this.#schedule();
  }

  /**
   * Has a request logged and carried out that changes something.
   *
   * @throws {KvError} if the log takes no changes, or too much waits; nothing is done then.
   */
  addChange(request: LaneRequest, answer: LaneAnswer): void {
    const refusal = this.#log.refusal();
    if (refusal !== undefined) throw refusal;
    this.#filling.addChange(this.#log.block, request, answer);
    this.#schedule();
  }

  /** Has an operation carried out after all that waits. What it changes has been appended to the log's block. */
  add(operation: Operation): void {
    this.#filling.add(operation);
    this.#schedule();
  }

  /** Notes that a key is changed by what was appended to the log's block. */
  notePending(view: DataView, start: number, end: number): void {
    this.#filling.pending.add(view, start, end);
  }

  /** Resolves when nothing waits any more. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Has what waits committed at the end of the event loop's turn, together with all that still comes in it. */
  #schedule(): void {
    if (this.#scheduled || this.#committing !== undefined) return;
    this.#scheduled = true;
    setImmediate(this.#commit);
  }

  readonly #commit = (): void => {
    this.#scheduled = false;
    const batch = this.#filling;
    this.#filling = this.#spare;
    this.#committing = batch;
    const { block } = this.#log;
    // All that was called before has been carried out.
    if (block.changes > 0) this.#oldValues?.append(block);
    this.#bytes = block.changes > 0 ? block.sealedBytes : 0;
    try {
      const committed = block.changes > 0 ? this.#log.commit() : undefined;
      if (isPromise(committed)) committed.then(this.#committed, this.#failed);
      else this.#end(undefined);
    } catch (error) {
      this.#failed(error);
    }
  };

  readonly #committed = (): void => this.#end(undefined);
  readonly #failed = (error: unknown): void => this.#end({ error });

  #end(failure: { readonly error: unknown } | undefined): void {
    const batch = this.#committing as Batch;
    this.#teller.begin(this.#applied);
    batch.end(failure);
    this.#applied = this.#log.committed;
    this.#teller.end();
    this.#spare = batch;
    this.#committing = undefined;
    const bytes = this.#bytes;
    // Which begins another batch, and may end it.
    if (!this.#filling.isEmpty) this.#next();
    else for (const resolve of this.#onIdle.splice(0)) resolve();
    if (failure === undefined && bytes > 0) this.#onCommitted(bytes);
  }

  /** What came while others waited for the disk need not wait for the end of a turn. */
  #next(): void {
    if (this.#waits) this.#commit();
    else this.#schedule();
  }
}
