/** Somebody with something to write. */
export interface Flushed {
  /** Writes it. */
  flush(): void;
  /** Hears what `flush` has thrown. Must not throw. */
  failed(thrown: unknown): void;
}

/**
 * Who has something to write when the event loop has come round. Writes so follow each other when all has
 * been read that there was to read, as they do in Redis: one that comes alone finds its peer asleep, and waking it
 * costs as much as the write itself.
 */
export class FlushQueue {
  #waiting: Flushed[] = [];

  /** Has it flushed before the event loop waits again. */
  add(flushed: Flushed): void {
    if (this.#waiting.push(flushed) === 1) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) {
      try {
        each.flush();
      } catch (thrown) {
        // It is the affair of one; those behind it have still to be served.
        each.failed(thrown);
      }
    }
  };
}
