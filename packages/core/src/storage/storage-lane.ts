import type { ByteWriter, CommandName } from '@kv/protocol';

/** The commands about a single key. */
export type LaneCommand = Extract<CommandName, 'hget' | 'hset' | 'hdel' | 'hexist'>;

/** The commands about several keys. */
export type BatchCommand = Extract<CommandName, 'hmget' | 'hmset' | 'hmdel' | 'hmexist'>;

/**
 * A request about all of a table, as it lies in the bytes that came: where its parts are. Ranges begin at
 * `…Start` and end before `…End`. One object is used for all requests, one after the other.
 *
 * What is here has been checked: tables and keys are UTF-8, not empty and within their limits, and values are
 * encoded as this project's encoder would.
 */
export interface TableRequest {
  readonly bytes: Uint8Array;
  /** Over the same bytes, at the same offsets. */
  readonly view: DataView;
  readonly tableStart: number;
  readonly tableEnd: number;
}

/** A request about a single key, as it lies in the bytes that came. */
export interface LaneRequest extends TableRequest {
  readonly command: LaneCommand;
  /** The whole `CommandRequest`. */
  readonly start: number;
  readonly end: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  /** The `Value` message of `hset`; an empty range for the other commands. */
  readonly valueStart: number;
  readonly valueEnd: number;
  /** The hash of the key, for the lane to keep from {@link StorageLane.prefetch} on; 0 if it has kept none. */
  hash: number;
}

/** The answer to a request that is carried out later: what a {@link StorageLane.defer} keeps of it. */
export interface LaneAnswer {
  /**
   * Has a lane carry out the request, now, and makes its response the answer.
   *
   * @param request the same request, though it may stand in other bytes by now.
   * @returns false if the lane left it to the storage's methods: then nothing was done, and it must
   * {@link fail}.
   */
  execute(lane: Pick<StorageLane, 'execute'>, request: LaneRequest): boolean;

  /** Answers that the request failed, with the error that the storage's methods would fail with. */
  fail(error: unknown): void;
}

/** Where the keys lie of a request about several, each at its index; and their values, if it has any. */
export interface BatchItems {
  /** How many there are. What the arrays have beyond that means nothing. */
  readonly count: number;
  readonly keyStarts: Uint32Array;
  readonly keyEnds: Uint32Array;
  /** The `Value` messages of `hmset`; empty ranges for the other commands. */
  readonly valueStarts: Uint32Array;
  readonly valueEnds: Uint32Array;
}

/** A request about several keys, one at least, as it lies in the bytes that came. */
export interface BatchRequest extends TableRequest {
  readonly command: BatchCommand;
  readonly items: BatchItems;
}

/**
 * What a storage offers that keeps its entries as bytes: commands from the bytes of the request to those of
 * the response, with no string and no object between them. Each does what the storage's methods and the
 * command together do, to the last byte of the answer.
 *
 * Every method that carries out a command appends its response to `out`, a `CommandResponse` message, and
 * answers the response's status; or 0, with nothing done and nothing appended, for what is left to the
 * storage's methods: errors, too. What a lane has no method for is left to them as well. What it throws is a fault of
 * its own, of which the engine's `onError` hears.
 */
export interface StorageLane {
  /** Carries out a command about a single key. */
  execute(request: LaneRequest, out: ByteWriter): number;

  /** Carries out a command about several keys: all of it or nothing. */
  executeBatch?(request: BatchRequest, out: ByteWriter): number;

  /**
   * Carries out `hgetall`: every entry of a table, in the order of {@link Storage.getAll}.
   *
   * @param maxBytes the longest response that the caller can be sent. One that would be longer is left to the
   * storage's methods as soon as that is known.
   */
  executeTable?(request: TableRequest, out: ByteWriter, maxBytes: number): number;

  /**
   * Takes on a command to carry it out later, as storages must that wait for a disk: one that
   * {@link execute} left undone, or one whose answer has to wait for that of an earlier one. What is deferred takes
   * effect in the order in which it was, together with the storage's methods, as if it had been called now.
   *
   * @param request is another as soon as this returns, and so are its bytes: what is needed must be copied.
   * @param answer called once, and not before this has returned.
   * @returns false, with nothing done, for what is left to the storage's methods.
   */
  defer?(request: LaneRequest, answer: LaneAnswer): boolean;

  /**
   * Is told of requests that came together and will be carried out next, one by one, unless something
   * comes between. What it does must not be seen; it may have memory fetched for all of them at one time, where
   * each alone would wait for its own. What it was not told of has a hash of 0.
   */
  prefetch?(requests: readonly LaneRequest[], count: number): void;
}
