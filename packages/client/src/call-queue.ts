import type { Call } from './call.js';

/** Calls that wait for a connection, in their order; none of them is settled. */
export class CallQueue implements Iterable<Call> {
  readonly #calls: Set<Call> = new Set();
  #pending = 0;

  /** How many of them are the application's. */
  get pending(): number {
    return this.#pending;
  }

  [Symbol.iterator](): Iterator<Call> {
    return this.#calls.values();
  }

  /** Appends a call that is not in it. */
  add(call: Call): void {
    this.#calls.add(call);
    if (!call.isOwn) this.#pending++;
  }

  /** Takes a call out, if it is in it. */
  delete(call: Call): void {
    if (this.#calls.delete(call) && !call.isOwn) this.#pending--;
  }

  /** Takes all calls out. */
  takeAll(): Call[] {
    const all = [...this.#calls];
    this.#calls.clear();
    this.#pending = 0;
    return all;
  }
}
