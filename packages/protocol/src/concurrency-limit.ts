import type { Awaitable } from './awaitable.js';
import type { Cancellable, Cancellations } from './cancellations.js';
import { Fifo } from './fifo.js';

interface Waiter extends Cancellable {
  /** Lets it begin; nothing happens if it has been given up. */
  begin(): boolean;
}

/** Lets so many things be under way at a time; more of them wait for their turn, in the order in which they came. */
export class ConcurrencyLimit {
  readonly #cancellations: Cancellations;
  readonly #waiting: Fifo<Waiter> = new Fifo();
  #free: number;

  /**
   * @param max how many, at least 1.
   * @param cancellations by which those that wait are given up.
   */
  constructor(max: number, cancellations: Cancellations) {
    this.#free = max;
    this.#cancellations = cancellations;
  }

  /**
   * Runs a task when it is its turn.
   *
   * @param signal gives it up, as long as it waits.
   * @throws {KvError} `CANCELLED` if it has been given up; otherwise what the task throws.
   */
  async run<Result>(task: () => Awaitable<Result>, signal: AbortSignal): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    try {
      return await task();
    } finally {
      this.#next();
    }
  }

  /** Waits for the place of one that is done. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      let waits = true;
      const leave = (): boolean => {
        if (!waits) return false;
        waits = false;
        this.#cancellations.forget(waiter);
        return true;
      };
      const waiter: Waiter = {
        signal,
        fail: (error) => {
          if (leave()) reject(error);
        },
        begin: () => {
          if (!leave()) return false;
          resolve();
          return true;
        },
      };
      this.#waiting.push(waiter);
      this.#cancellations.watch(waiter);
    });
  }

  /** Hands a place on. */
  #next(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (next.begin()) return;
    }
    this.#free++;
  }
}
