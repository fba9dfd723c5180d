import { cancelledError } from './call-error.js';
import type { KvError } from './kv-error.js';

/** What can be given up by a signal. */
export interface Cancellable {
  readonly signal: AbortSignal | undefined;
  /** Called when the signal is aborted. */
  fail(error: KvError): void;
}

/**
 * Gives calls and subscriptions up when their signals are aborted, with one listener per signal: any
 * number of them may share one, and Node.js warns of what it takes for a leak from the eleventh listener on.
 */
export class Cancellations {
  readonly #watched: WeakMap<AbortSignal, Set<Cancellable>> = new WeakMap();

  /** Sees to it that `each` is given up when its signal, if it has one, is aborted. */
  watch(each: Cancellable): void {
    const { signal } = each;
    if (signal === undefined) return;
    const others = this.#watched.get(signal);
    if (others !== undefined) {
      others.add(each);
      return;
    }
    this.#watched.set(signal, new Set([each]));
    signal.addEventListener('abort', this.#onAbort);
  }

  /** Lets go of one that is over; with the last one of a signal also of the signal. */
  forget(each: Cancellable): void {
    const { signal } = each;
    if (signal === undefined) return;
    const watched = this.#watched.get(signal);
    if (!watched?.delete(each) || watched.size > 0) return;
    this.#watched.delete(signal);
    signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = ({ target }: Event): void => {
    // Not `currentTarget`, which Node.js 20 makes null after a listener that is called once.
    const signal = target as AbortSignal;
    for (const each of this.#watched.get(signal) ?? []) each.fail(cancelledError(signal));
  };
}
