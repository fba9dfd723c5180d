import { ByteWriter, type CommandResponse } from '@kv/protocol';
import type { AnswerQueue, Send, Slot } from './answer-queue.js';
import type { LaneAnswer, LaneRequest, StorageLane } from './storage/storage-lane.js';

/** Where a peer's answers go that come later than its requests, in their order. None of it may throw. */
export interface AnswerSink {
  /**
   * Begins an answer. Its `CommandResponse` is appended to what this gives, and then either {@link end} or
   * {@link cancel} is called, before anything else happens.
   */
  begin(): ByteWriter;

  /** The answer that was begun is complete. */
  end(): void;

  /** Takes back what was begun. */
  cancel(): void;

  /** Answers with a response. */
  readonly send: Send;
}

/** What a {@link DeferredAnswer} belongs to. */
export interface Deferral {
  readonly queue: AnswerQueue;
  /** Hears that the request has ended. */
  ended(answer: { readonly status: number }): void;
  /** The response that says why the command failed. */
  failed(error: unknown): CommandResponse;
}

/**
 * The answer to a request that its storage carries out later. If nothing is before it by then, the
 * storage's lane writes it where the peer's answers are put together.
 */
export class DeferredAnswer implements LaneAnswer, Slot {
  ready = false;
  readonly #deferral: Deferral;
  readonly #sink: AnswerSink;
  /** What was answered before it was its turn. */
  #response: Uint8Array | CommandResponse | undefined;

  constructor(deferral: Deferral, sink: AnswerSink) {
    this.#deferral = deferral;
    this.#sink = sink;
  }

  execute(lane: Pick<StorageLane, 'execute'>, request: LaneRequest): boolean {
    const isFirst = this.#deferral.queue.isFirst(this);
    const out = isFirst ? this.#sink.begin() : new ByteWriter();
    const { length } = out;
    let status: number;
    try {
      status = lane.execute(request, out);
    } catch (error) {
      // A fault of the lane's, which may have begun an answer.
      out.length = length;
      if (isFirst) this.#sink.cancel();
      this.fail(error);
      return true;
    }
    if (status === 0) {
      if (isFirst) this.#sink.cancel();
      return false;
    }
    if (isFirst) this.#sink.end();
    else this.#response = out.take();
    this.#answered({ status });
    return true;
  }

  fail(error: unknown): void {
    const response = this.#deferral.failed(error);
    this.#response = response;
    this.#answered(response);
  }

  leave(): void {
    const response = this.#response;
    if (response === undefined) return;
    if (!(response instanceof Uint8Array)) {
      this.#sink.send(response, undefined);
    } else {
      this.#append(response);
    }
  }

  #append(response: Uint8Array): void {
    try {
      this.#sink.begin().write(response);
    } catch (error) {
      // There is no memory for it. What was done stays done; the peer must not be left without an answer.
      this.#sink.cancel();
      this.#sink.send(this.#deferral.failed(error), undefined);
      return;
    }
    this.#sink.end();
  }

  #answered(answer: { readonly status: number }): void {
    this.ready = true;
    this.#deferral.ended(answer);
    this.#deferral.queue.leave();
  }
}
