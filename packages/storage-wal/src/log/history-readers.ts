import { Fifo, KvError } from '@kv/protocol';
import type { Clock } from './clock.js';
import { HistoryReader, type HistorySource, type TakeChange } from './history.js';

/** How many read at one time: each has a file open, and a part of it in memory. */
const MAX_READERS = 4;

/** After how long the memory of readers is let go of when nobody reads, in milliseconds. */
const IDLE_MS = 1000;

/** One who waits for his turn. */
interface Waiter {
  readonly start: () => void;
  readonly fail: (error: KvError) => void;
}

/**
 * Reads changes again that a log has, for any number who want some at the same time, as when all who watch come back: a few
 * read while the others wait for their turn, and whoever wants more waits behind them again.
 */
export class HistoryReaders {
  readonly #source: () => HistorySource;
  readonly #clock: Clock;
  readonly #idle: HistoryReader[] = [];
  readonly #waiting: Fifo<Waiter> = new Fifo();
  #reading = 0;
  #isClosed = false;
  /** Takes back that memory is let go of. */
  #keep: () => void = () => {};
  #onEnd: () => void = () => {};

  /** @param source asked at each turn. */
  constructor(source: () => HistorySource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /**
   * Reads some changes when its turn has come: as {@link HistoryReader.read}.
   *
   * @throws {KvError} `UNAVAILABLE` if it is closed.
   */
  async read(after: number, through: number, take: TakeChange): Promise<number> {
    if (this.#isClosed) throw closed();
    this.#keep();
    if (this.#reading < MAX_READERS) this.#reading++;
    else await this.#turn();
    try {
      return await this.#readOne(after, through, take);
    } finally {
      this.#next();
    }
  }

  /** Ends it for those who wait, and waits for those who read. To be called once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#waiting.length > 0) this.#waiting.shift()?.fail(closed());
    if (this.#reading > 0) {
      await new Promise<void>((resolve) => {
        this.#onEnd = resolve;
      });
    }
    this.#keep();
  }

  async #readOne(after: number, through: number, take: TakeChange): Promise<number> {
    const reader = this.#pick(after);
    try {
      return await reader.read(this.#source(), after, through, take);
    } finally {
      this.#idle.push(reader);
    }
  }

  /** One that stands there; or one that has been idle for longest, once there are as many as may be. */
  #pick(after: number): HistoryReader {
    const idle = this.#idle;
    const index = idle.findIndex((reader) => reader.standsAt(after));
    if (index < 0 && idle.length + this.#reading <= MAX_READERS) {
      return new HistoryReader(this.#source());
    }
    return idle.splice(Math.max(0, index), 1)[0] as HistoryReader;
  }

  #turn(): Promise<void> {
    return new Promise((start, fail) => this.#waiting.push({ start, fail }));
  }

  /** Gives a turn that has ended to who has waited longest. */
  #next(): void {
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      waiter.start();
      return;
    }
    this.#reading--;
    if (this.#reading > 0) return;
    this.#keep = this.#clock.after(IDLE_MS, () => {
      this.#idle.length = 0;
    });
    this.#onEnd();
  }
}

function closed(): KvError {
  return new KvError('UNAVAILABLE', 'The log is closed');
}
