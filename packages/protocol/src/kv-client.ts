import type { KvError } from './kv-error.js';
import type { CommandName } from './messages.js';
import type { Position } from './position.js';
import type { SubscribeOptions, Subscription, TopicPattern } from './subscription.js';
import type { Value } from './value.js';
import type { ChangePage, Watch } from './watch-item.js';
import type { ChangesOptions, WatchOptions } from './watch-options.js';

/** What may be said of a single call. */
export interface CallOptions {
  /** Gives the call up: it fails with `CANCELLED`, though the command may have taken effect. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds, more than 0, until the call fails with `TIMEOUT`, though the command may have taken
   * effect; `Infinity` for never.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Repeats the call after a lost connection, if the command only reads. A command that writes is
   * never repeated: it fails with `CONNECTION_LOST`, since it may have taken effect.
   */
  readonly retryReads?: boolean | undefined;
}

/** What may be said of a scan. Its time-out is one for each page. */
export interface ScanOptions extends CallOptions {
  /**
   * What the keys must begin with; by default, all do. It chooses what is answered: an engine whose storage keeps
   * keys in no order reads the whole table all the same.
   */
  readonly prefix?: string | undefined;
  /**
   * About how many pairs to ask for at a time, from 1; 100 by default, and never more than 10,000, which the server
   * sees to. It bounds no scan: whoever has enough leaves the loop.
   */
  readonly pageSize?: number | undefined;
  /**
   * Told of a pair that is too large to be answered, by an error that names it; the scan then goes on behind it. What
   * it throws ends the scan. Without it, such a pair does: the iteration rejects with that error.
   */
  readonly onTooLarge?: ((error: KvError) => void) | undefined;
}

/** Pairs of key and value: a `Map`, or an array of `[key, value]`. */
export type Pairs = Iterable<readonly [key: string, value: Value]>;

/** Fails to compile if a command has no method. Unsubscribe is one of the {@link Subscription}. */
type Complete<Methods extends Record<Exclude<CommandName, 'unsubscribe'>, unknown>> = Methods;

/**
 * The commands, one method each, with the values of JavaScript. The same in-process and over a
 * network. Every method rejects with a `KvError`, with `INVALID_COMMAND` for what makes no sense, an option that
 * is not known among it; a key that is not there is `null`, no error. What
 * a method is given is copied: it may be changed as soon as the method has returned its promise.
 */
export interface KvClient extends Complete<CommandMethods>, AsyncDisposable {
  /** Waits for the calls under way and ends, subscriptions too; calls after that fail with `UNAVAILABLE`. */
  close(): Promise<void>;
}

/** The methods of a {@link KvClient} that are commands. */
export interface CommandMethods {
  /** Reads the value of `key`. */
  hget(table: string, key: string, options?: CallOptions): Promise<Value | null>;
  /** Reads every pair of `table`, in no particular order; empty if there is no such table. */
  hgetall(table: string, options?: CallOptions): Promise<Map<string, Value>>;
  /** Reads the values of `keys`, in their order. */
  hmget(table: string, keys: readonly string[], options?: CallOptions): Promise<(Value | null)[]>;
  /** Stores `value` under `key` and answers the value it replaced. */
  hset(table: string, key: string, value: Value, options?: CallOptions): Promise<Value | null>;
  /** Stores all `pairs` or none, and answers the values they replaced, in their order. */
  hmset(table: string, pairs: Pairs, options?: CallOptions): Promise<(Value | null)[]>;
  /** Deletes `key` and answers the value it had. */
  hdel(table: string, key: string, options?: CallOptions): Promise<Value | null>;
  /** Deletes all `keys` or none, and answers the values they had, in their order. */
  hmdel(table: string, keys: readonly string[], options?: CallOptions): Promise<(Value | null)[]>;
  /** Tells whether `key` exists. */
  hexist(table: string, key: string, options?: CallOptions): Promise<boolean>;
  /** Tells which of `keys` exist, in their order. */
  hmexist(table: string, keys: readonly string[], options?: CallOptions): Promise<boolean[]>;
  /**
   * Subscribes to a topic, or to all topics that a pattern matches. What is published from then on comes once to
   * each subscription; what was published before, or while there was no connection, does not. After a lost
   * connection the client subscribes anew, and tells {@link SubscribeOptions.onGap}.
   *
   * @returns the subscription, which is in place.
   */
  subscribe(topic: string | TopicPattern, options?: SubscribeOptions): Promise<Subscription>;
  /**
   * Sends a value, or several in one message, to all who are subscribed to `topic` at this moment. Messages of one
   * client come in their order.
   *
   * @returns how many subscriptions got it: it is on its way to them, or waits for them.
   */
  publish(topic: string, values: Value | readonly Value[], options?: CallOptions): Promise<number>;
  /**
   * Tells each change of `table`, or of some of its keys, from now on or from where the options say: in order, none
   * twice, none left out. After a lost connection it goes on where it was, as far as the server has kept the
   * changes; if it has not, the iteration rejects with `GONE`.
   *
   * With `snapshot`, it begins with a copy of the table: entries, and changes among them, up to an item of the kind
   * `ready`. Whoever has applied them in their order has then the table as it was at one moment; the changes after
   * it follow.
   *
   * @returns the watch, which is in place.
   */
  watch(table: string, options?: WatchOptions): Promise<Watch>;
  /**
   * Reads changes of `table` after a position, in order, some at a time; and the position to go on from. No changes
   * are no more for now.
   *
   * @throws {KvError} `GONE`, rejected, if they are not kept any more, in part or as a whole, or if there is no such
   * position: a storage without a log keeps those of tables that are watched, or were lately.
   */
  changes(table: string, after: Position, options?: ChangesOptions): Promise<ChangePage>;
  /**
   * Reads the pairs of `table`, page by page, in no particular order; nothing is asked before it is iterated
   * over, and no page before those of the one in front have been taken. Iterated over again, it begins anew. In the
   * engine's own process, the event loop gets a turn between pages.
   *
   * A pair that is there from beginning to end comes at least once, with a value that it had meanwhile, whatever
   * is written; it may come again if the table is written to. One that comes or goes meanwhile may come or not.
   * A page that fails ends it: the iteration rejects with the `KvError`. An engine that was started anew, in the
   * same process or not, knows none of the pages before, and refuses with `INVALID_COMMAND`. Of a pair that is too
   * large to be answered, see {@link ScanOptions.onTooLarge}.
   *
   * @throws {KvError} `INVALID_COMMAND` at once, for arguments that make no sense.
   */
  hscan(table: string, options?: ScanOptions): AsyncIterable<[key: string, value: Value]>;
  /**
   * Has the storage take a snapshot: all data, written in one piece, in the place of the log of how it came to be.
   * Everything else goes on meanwhile. A storage that takes none refuses with `UNSUPPORTED`.
   *
   * @returns the bytes of the snapshot.
   */
  snapshot(options?: CallOptions): Promise<number>;
}
