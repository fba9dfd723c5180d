/** The time, as a log goes by it. */
export interface Clock {
  /** Milliseconds since some time that stays the same. */
  now(): number;
  /**
   * Calls `run` after so many milliseconds. It must not keep the process alive.
   *
   * @returns what takes that back.
   */
  after(ms: number, run: () => void): () => void;
}

/** The time of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};
