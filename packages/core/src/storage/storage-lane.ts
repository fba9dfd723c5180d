import type { ByteWriter, CommandName } from '@kv/protocol';

/** The commands that a lane may be asked to carry out: those about a single key. */
export type LaneCommand = Extract<CommandName, 'hget' | 'hset' | 'hdel' | 'hexist'>;

/**
 * A request as it lies in the bytes that came: where its parts are. Ranges begin at `…Start` and end
 * before `…End`. One object is used for all requests, one after the other.
 *
 * What is here has been checked: table and key are UTF-8, not empty and within their limits, and the value is
 * encoded as this project's encoder would.
 */
export interface LaneRequest {
  readonly command: LaneCommand;
  readonly bytes: Uint8Array;
  /** Over the same bytes, at the same offsets. */
  readonly view: DataView;
  readonly tableStart: number;
  readonly tableEnd: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  /** The `Value` message of `hset`; an empty range for the other commands. */
  readonly valueStart: number;
  readonly valueEnd: number;
  /** For the lane to keep what it has found in {@link StorageLane.foresee} until the request is carried out. */
  token: number;
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

/**
 * What a storage offers that keeps its entries as bytes: commands about a single key, from the bytes of
 * the request to those of the response, with no string and no object between them. Each does what the
 * storage's methods and the command together do, to the last byte of the answer.
 */
export interface StorageLane {
  /**
   * Carries out a command, and appends its response to `out`, a `CommandResponse` message.
   *
   * @returns the response's status; or 0, with nothing done and nothing appended, for what is left to the
   * storage's methods: errors, too.
   */
  execute(request: LaneRequest, out: ByteWriter): number;

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
   * each alone would wait for its own. What it was not told of has a token of 0.
   */
  foresee?(requests: readonly LaneRequest[], count: number): void;
}
