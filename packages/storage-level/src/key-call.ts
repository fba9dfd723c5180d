import type { View } from './view.js';

/** A call about entries whose keys it names. It is carried out together with others, and answered afterwards. */
export class KeyCall<T = unknown> {
  /** What the caller waits for. */
  readonly promise: Promise<T>;
  readonly table: string;
  /** Where the entries are that it is about. */
  readonly places: readonly string[];
  /** Whether it changes them. */
  readonly writes: boolean;
  readonly #run: (view: View) => T;
  #resolve!: (answer: T) => void;
  #reject!: (error: unknown) => void;
  #answer: T | undefined;

  /** @param run does it, and answers; all or nothing: if it throws, it has changed nothing. */
  constructor(table: string, places: readonly string[], writes: boolean, run: (view: View) => T) {
    this.table = table;
    this.places = places;
    this.writes = writes;
    this.#run = run;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Does it in a view, and keeps the answer. */
  carryOut(view: View): void {
    this.#answer = this.#run(view);
  }

  /** Gives the answer to the caller. */
  answer(): void {
    this.#resolve(this.#answer as T);
  }

  /** Gives the caller an error instead. */
  fail(error: unknown): void {
    this.#reject(error);
  }
}
