import type { Clock } from './clock.js';

/** How long what was written is left to the system, in milliseconds. */
const INTERVAL_MS = 1000;

/** Makes durable what was written, one time after another. */
export class Syncer {
  readonly #clock: Clock;
  readonly #sync: () => Promise<void>;
  #syncing: Promise<void> | undefined;
  #cancel: (() => void) | undefined;

  /** @param sync must tell others what fails. */
  constructor(clock: Clock, sync: () => Promise<void>) {
    this.#clock = clock;
    this.#sync = sync;
  }

  /** Has it done within a second, or as soon as possible after the time that is under way. */
  schedule(): void {
    this.#cancel ??= this.#clock.after(INTERVAL_MS, () => {
      this.#cancel = undefined;
      if (this.#syncing === undefined) this.run().catch(() => {});
      else this.schedule();
    });
  }

  /** Does it now; or waits for the time that is under way, which may not do all. */
  run(): Promise<void> {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  /** Takes back what was scheduled. */
  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
