import { cancelledError } from '@kv/protocol';
import type { Call } from './call.js';

/**
 * Gives calls up when their signals are aborted, with one listener per signal: any number of calls
 * may share one, and Node.js warns of what it takes for a leak from the eleventh listener on.
 */
export class Cancellations {
  readonly #callsOf: WeakMap<AbortSignal, Set<Call>> = new WeakMap();

  /** Sees to it that `call` is given up when its signal, if it has one, is aborted. */
  watch(call: Call): void {
    const { signal } = call;
    if (signal === undefined) return;
    const calls = this.#callsOf.get(signal);
    if (calls !== undefined) {
      calls.add(call);
      return;
    }
    this.#callsOf.set(signal, new Set([call]));
    signal.addEventListener('abort', this.#onAbort);
  }

  /** Lets go of a call that is over; with the last one of a signal also of the signal. */
  forget(call: Call): void {
    const { signal } = call;
    if (signal === undefined) return;
    const calls = this.#callsOf.get(signal);
    if (!calls?.delete(call) || calls.size > 0) return;
    this.#callsOf.delete(signal);
    signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = ({ target }: Event): void => {
    // Not `currentTarget`, which Node.js 20 makes null after a listener that is called once.
    const signal = target as AbortSignal;
    for (const call of this.#callsOf.get(signal) ?? []) call.fail(cancelledError(signal));
  };
}
