import type { CallOptions } from './kv-client.js';
import type { KvError } from './kv-error.js';
import type { Overflow } from './overflow-policy.js';
import type { Position } from './position.js';
import type { Gap } from './subscription.js';

/** Which changes of a table are asked for: all, unless one of these is given. */
export interface ChangeFilter {
  /** Those of this key. */
  readonly key?: string | undefined;
  /** Those of keys that begin with this. */
  readonly prefix?: string | undefined;
}

/**
 * What becomes of changes that a consumer is too slow for. `catch-up`: they are read again when the consumer has come
 * to them, as far as they are kept; if they are not any more, the watch ends with `GONE`. `conflate`: the same, but
 * of each key the last of them alone waits, with the value from before the first, or no word of that if some of them have
 * been read otherwise. Of the others, see {@link Overflow}.
 */
export type WatchOverflow = 'catch-up' | 'conflate' | Overflow;

/** What may be said of a watch. */
export interface WatchOptions extends ChangeFilter {
  /** Begins after this position, where another watch of the store has come to. By default it begins now. */
  readonly after?: Position | undefined;
  /** Begins with a copy of the table: its entries, and what changes meanwhile; not with {@link after}. */
  readonly snapshot?: boolean | undefined;
  /** Ends the watch: its iteration rejects with `CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call fails with `TIMEOUT`, as of any other. Watches last for as long as they may. */
  readonly timeoutMs?: number | undefined;
  /** How many changes may wait for a consumer that is slow: 10,000 by default; on the server's side as many. */
  readonly maxMessages?: number | undefined;
  /** How many bytes of changes may wait, in the same way: 1 MiB by default. A single one always may. */
  readonly maxBytes?: number | undefined;
  /**
   * Told of a change, or of an entry of the copy, that is too large to be sent, by an error that names its key; the watch
   * then goes on behind it. What it throws ends the watch. Without it, such a change does: the iteration rejects with that
   * error.
   */
  readonly onTooLarge?: ((error: KvError) => void) | undefined;
  /** What happens when more would have to wait: `catch-up` by default. */
  readonly overflow?: WatchOverflow | undefined;
  /**
   * Called where changes are missing, which only `drop-oldest` allows; with `undefined`, if some of those that were
   * dropped may have come by the copy, or have been read after a lost connection. What it throws ends the watch.
   */
  readonly onGap?: ((gap: Gap) => void) | undefined;
}

/** What may be said of a call for changes. */
export interface ChangesOptions extends ChangeFilter, CallOptions {
  /** The most changes to answer, from 1; 1,000 by default, which is also the most. */
  readonly limit?: number | undefined;
  /** Told of a change that is too large to be answered, as of a watch; those behind it are answered then. */
  readonly onTooLarge?: ((error: KvError) => void) | undefined;
}
