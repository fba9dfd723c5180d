import { MAX_TIMER_MS } from '@kv/protocol';
import type { Call } from './call.js';

/** How precise time-outs are once many calls wait: a sweep over all of them is not made more often. */
const SWEEP_MS = 10;

/**
 * Times calls out, with one timer for all: it is set to the earliest deadline, and when it fires every
 * call is looked at. A timer per call would cost more than the call.
 */
export class Deadlines {
  readonly #unsettled: () => Iterable<Call>;
  readonly #onTimeOut: () => void;
  #timer: NodeJS.Timeout | undefined;
  #firesAt = Number.POSITIVE_INFINITY;

  /**
   * @param unsettled gives the calls that wait for an answer.
   * @param onTimeOut called after calls have been timed out, once for all of them.
   */
  constructor(unsettled: () => Iterable<Call>, onTimeOut: () => void) {
    this.#unsettled = unsettled;
    this.#onTimeOut = onTimeOut;
  }

  /** Sees to it that `call` is timed out. */
  watch({ deadline }: Call): void {
    if (deadline < this.#firesAt) this.#fireAt(deadline);
  }

  /** Times no call out any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#firesAt = Number.POSITIVE_INFINITY;
  }

  #fireAt(time: number): void {
    clearTimeout(this.#timer);
    this.#firesAt = time;
    // A sweep that comes too early only sets the next one.
    const delayMs = Math.min(Math.ceil(time - performance.now()), MAX_TIMER_MS);
    this.#timer = setTimeout(this.#sweep, delayMs);
    // Connections and attempts to reconnect keep the process alive, not this.
    this.#timer.unref();
  }

  readonly #sweep = (): void => {
    this.#firesAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    let earliest = Number.POSITIVE_INFINITY;
    let timedOut = false;
    for (const call of this.#unsettled()) {
      if (call.settled) continue;
      if (call.deadline <= now) {
        call.timeOut();
        timedOut = true;
      } else earliest = Math.min(earliest, call.deadline);
    }
    if (earliest < Number.POSITIVE_INFINITY) this.#fireAt(Math.max(earliest, now + SWEEP_MS));
    if (timedOut) this.#onTimeOut();
  };
}
