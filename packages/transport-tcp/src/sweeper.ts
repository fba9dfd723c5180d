/** The least precise that a time limit is watched. */
const LONGEST_PERIOD_MS = 1000;
/** The most often that all connections are looked at. */
const SHORTEST_PERIOD_MS = 10;

/** What is looked at: it must end itself if it has taken too long. */
export interface Swept {
  /** @param now the sweeper's time, in milliseconds. */
  sweep(now: number): void;
}

/**
 * Watches time limits with one timer for all connections, and a clock that goes by its period: a timer
 * per connection, set anew at each read, would cost more than the read. A limit may be exceeded by a
 * quarter of it, or by a second if that is less.
 */
export class Sweeper {
  /** When the current period began, in milliseconds. Reading it costs nothing. */
  now = 0;
  readonly #periodMs: number;
  readonly #swept: ReadonlySet<Swept>;
  #timer: NodeJS.Timeout | undefined;

  /** @param limitsMs the limits that are watched; `Infinity` for one that is off. */
  constructor(limitsMs: readonly number[], swept: ReadonlySet<Swept>) {
    const shortest = Math.min(...limitsMs) / 4;
    this.#periodMs = Math.min(Math.max(shortest, SHORTEST_PERIOD_MS), LONGEST_PERIOD_MS);
    this.#swept = swept;
  }

  /** Goes on for as long as there is something to look at. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.now = performance.now();
    this.#timer = setInterval(this.#sweep, this.#periodMs);
    // Connections keep the process alive, not this.
    this.#timer.unref();
  }

  readonly #sweep = (): void => {
    this.now = performance.now();
    for (const each of this.#swept) each.sweep(this.now);
    if (this.#swept.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  };
}
