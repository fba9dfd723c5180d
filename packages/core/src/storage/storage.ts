import { type Awaitable, KvError, type Value } from '@kv/protocol';
import type { Feed } from '../feed/feed.js';
import type { StorageLane } from './storage-lane.js';

/** A key and its value. */
export type Entry = readonly [key: string, value: Value];

/** One change of a {@link Storage.write}. */
export type WriteOp =
  | { readonly op: 'set'; readonly key: string; readonly value: Value }
  | { readonly op: 'delete'; readonly key: string };

/** What an engine offers beyond the contract, so that users and suites can ask rather than try. */
export interface StorageCapabilities {
  /** What was written is there after the process has ended and the storage is opened again. */
  readonly persistent: boolean;
  /** Iteration goes by key, in the order of the keys' UTF-8 bytes. */
  readonly ordered: boolean;
  /** An iteration shows the table as it was when the iteration began, whatever is written meanwhile. */
  readonly snapshotIteration: boolean;
  /** There is a {@link Storage.lane}. */
  readonly lane: boolean;
  /** There is a {@link Storage.feed}. */
  readonly feed: boolean;
}

/** What a {@link Storage.scan} is asked for. */
export interface PageRequest {
  /** The `next` of the page before, byte by byte; `undefined` at the beginning. */
  readonly position: Uint8Array | undefined;
  /** What the keys must begin with; nothing if it is empty. */
  readonly prefix: string;
  /** About how many entries to answer at most: an integer of at least 1, or `Infinity`. */
  readonly limit: number;
  /** About how many bytes of entries to answer at most, as {@link entryBytes} counts them. */
  readonly maxBytes: number;
}

/** Some of the entries of a table. */
export interface Page {
  readonly entries: Entry[];
  /**
   * Where the next page begins, in an encoding of the engine's own of no more than a few bytes more than a
   * key may have; `undefined` if there is none.
   */
  readonly next: Uint8Array | undefined;
}

/**
 * Where data lives: tables of keys and values. This is all an engine needs to know to be written.
 *
 * **Arguments** have been checked by the caller: table and key are well-formed text, not empty and
 * within their limits; values are of the five types, integers within int64. Any such text is a name
 * like any other, `__proto__` and `constructor` too, and no two pairs of table and key are the same
 * place. Only {@link write} checks, for it is the method that grows.
 *
 * **Answers** may come at once or as a promise; an engine that can answer at once should, since a
 * promise per request costs more than the request. An error may be thrown or rejected. An engine
 * fails with a `KvError` `STORAGE_FAILURE` whose `cause` is the driver's error; never by answering
 * as if the key were not there.
 *
 * **Order.** Operations take effect one after the other, in the order in which they were called,
 * whether or not the caller has waited for the one before; each is atomic, its old values included.
 *
 * **Bytes.** Binary values that are stored, and those that are answered, are the engine's and the
 * caller's own: neither sees what the other does to its array later. They are answered as plain
 * `Uint8Array`s, also those that came as a `Buffer`.
 *
 * **Tables** come into being with their first key and are gone with their last; one that is not there
 * reads as an empty one. Reading never creates anything.
 *
 * **The end.** `close` is called once. Every other call after it, or while it is under way, fails
 * with `UNAVAILABLE`.
 */
export interface Storage {
  readonly capabilities: StorageCapabilities;

  /** A short way for commands, if the engine offers one. */
  readonly lane?: StorageLane;

  /** The changes, for engines that keep them. Those of others are recorded by who needs them. */
  readonly feed?: Feed;

  /** The value of a key, or `undefined` if there is none. */
  get(table: string, key: string): Awaitable<Value | undefined>;

  /** The values of several keys at one moment, in the order of the keys. */
  getMany(table: string, keys: readonly string[]): Awaitable<(Value | undefined)[]>;

  /** Whether there is such a key. */
  contains(table: string, key: string): Awaitable<boolean>;

  /** Stores a value and answers the one it replaced. The same as a {@link write} of one op. */
  set(table: string, key: string, value: Value): Awaitable<Value | undefined>;

  /** Deletes a key and answers its value. The same as a {@link write} of one op. */
  del(table: string, key: string): Awaitable<Value | undefined>;

  /**
   * Applies all ops or none, one after the other, each on what the ones before it left.
   *
   * @returns the value that each op replaced or deleted, in the order of the ops.
   * @throws {KvError} `UNSUPPORTED` for an op, or a field of one, that the engine does not know:
   * never ignored, since it would have said what the caller means. {@link checkOps} does this for
   * engines that know just the ops above.
   */
  write(table: string, ops: readonly WriteOp[]): Awaitable<(Value | undefined)[]>;

  /** Every entry of a table at one moment, in no order unless `ordered`. */
  getAll(table: string): Awaitable<Entry[]>;

  /**
   * The entries of a table, one by one. An entry that is there throughout appears exactly once, with
   * its value at the beginning or a later one; one that comes or goes meanwhile may or may not appear,
   * though never twice.
   * Writes during the iteration neither end it nor keep it going for ever. An iteration that is left
   * early, by `break` or `return()`, holds nothing.
   */
  getIter(table: string): Iterable<Entry> | AsyncIterable<Entry>;

  /** Figures of the engine's own, by name, for {@link Engine.stats}. Must cost next to nothing. */
  stats?(): Readonly<Record<string, number | string | boolean | undefined>>;

  /**
   * A page of the entries whose keys have the prefix, at one moment. Pages that are asked for one after the
   * other, each from the `next` of the one before, are a scan: whatever is written between them, an entry that
   * is there from its beginning to its end is in one of them at least, with a value that it had meanwhile.
   * The engine keeps nothing between pages, so that a scan may be left, or go on from any of its positions, at
   * any time.
   *
   * Pages come in an order of the engine's own. If several entries share a position in it, they come together,
   * and a page may be as much larger; beyond that, it has no more than `limit` entries and `maxBytes` bytes,
   * unless a single entry has more. It may have fewer entries, and even none, though there is a `next`; but each
   * page comes further than the one before, so that a scan of a table to which nothing is added ends.
   *
   * @throws {KvError} `INVALID_COMMAND` for a position that the engine can tell from one of its own. For any
   * other that it did not give, it answers whatever page it likes.
   */
  scan(table: string, request: PageRequest): Awaitable<Page>;

  /**
   * Writes all data in one piece, from which the storage can be opened again without what was logged before; for
   * engines that keep a log of changes. Everything else goes on meanwhile; if the storage is closed, it may be given
   * up, and fails with `UNAVAILABLE` then.
   *
   * @returns the bytes of what was written.
   */
  snapshot?(): Awaitable<{ readonly bytes: number }>;

  /**
   * Carries out what was called before, makes it as durable as the engine promises, and lets go of all
   * that the engine holds.
   */
  close(): Awaitable<void>;
}

/** The fields of each op that there is. */
const FIELDS: { readonly [Op in WriteOp['op']]: readonly string[] } = {
  set: ['op', 'key', 'value'],
  delete: ['op', 'key'],
};

/**
 * Refuses ops that an engine which knows just {@link WriteOp} must not ignore.
 *
 * @throws {KvError} `UNSUPPORTED`
 */
export function checkOps(ops: readonly WriteOp[]): void {
  for (const op of ops) {
    if (!Object.hasOwn(FIELDS, op.op)) {
      throw new KvError('UNSUPPORTED', `This storage knows no op '${op.op}'`);
    }
    const unknown = Object.keys(op).find((field) => !FIELDS[op.op].includes(field));
    if (unknown !== undefined) {
      throw new KvError('UNSUPPORTED', `This storage knows no field '${unknown}' of an op`);
    }
  }
}
