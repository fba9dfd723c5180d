import { checkPage, entry, ok, onlyValue } from './call-answers.js';
import { ERROR_STATUS, KvError } from './kv-error.js';
import {
  type CommandMessage,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
} from './messages.js';
import { type Position, positionFromMessage, positionToMessage } from './position.js';
import { readChanges } from './read-changes.js';
import { responseError } from './response.js';
import type { Value } from './value.js';
import type { ChangePage } from './watch-item.js';

const END = new Uint8Array(0);

/** How many pairs to ask for at a time of a table that is copied: each page has a cost of its own. */
const COPIED_PAIRS = 1000;

/** A page of a table, and its moment among the changes. */
export interface CopiedPage {
  readonly entries: readonly (readonly [key: string, value: Value])[];
  readonly position: Position;
  /** What to ask for the next page with; no bytes if there is none. */
  readonly cursor: Uint8Array;
}

/** What there is under a key. */
export interface ReadKey {
  /** What it was at a moment up to the position, if it has not changed between the two; `null` if there is nothing. */
  readonly value: Value | null;
  readonly position: Position;
}

/** Reads for a watch what is not pushed to it: changes that are missing, and the table itself. */
export class WatchReader {
  readonly #watched: CommandMessage<'watch'>;
  readonly #ask: (request: CommandRequest, signal: AbortSignal) => Promise<CommandResponse>;
  readonly #onTooLarge: ((error: KvError) => void) | undefined;
  readonly #end: AbortController = new AbortController();
  /** That of the last page. */
  #epoch: number | undefined;

  /**
   * @param watched what is watched.
   * @param ask brings the answer to a request, until the signal gives it up.
   * @param onTooLarge told of what is too large to be answered, which is left out then.
   */
  constructor(
    watched: CommandMessage<'watch'>,
    ask: (request: CommandRequest, signal: AbortSignal) => Promise<CommandResponse>,
    onTooLarge: ((error: KvError) => void) | undefined,
  ) {
    this.#watched = watched;
    this.#ask = ask;
    this.#onTooLarge = onTooLarge;
  }

  /** Gives up what is being read: it fails with `CANCELLED`. */
  end(): void {
    this.#end.abort();
  }

  /**
   * Changes after a position, some at a time.
   *
   * @throws {KvError} `GONE`, rejected, if they are not kept any more.
   */
  pull(after: Position): Promise<ChangePage> {
    const { table, key, prefix } = this.#watched;
    const ask = (position: Position): Promise<CommandResponse> => {
      const asked = { table, key, prefix, after: positionToMessage(position), limit: 0 };
      return this.#answer(commandRequest('changes', asked));
    };
    return readChanges(table, after, ask, this.#onTooLarge);
  }

  /**
   * A page of the table, as far as it is watched: all of it, or the keys with the prefix.
   *
   * @param cursor that of the page before; no bytes for the first.
   * @throws {KvError} `GONE`, rejected, if the server was started anew since the page before.
   */
  async copy(cursor: Uint8Array): Promise<CopiedPage> {
    const response = await this.#page(cursor, COPIED_PAIRS);
    const refusal = responseError(response);
    if (refusal?.code === 'INVALID_COMMAND' && cursor.length > 0 && (await this.#isAnother())) {
      const why = 'The table can be copied no further: the server was started anew meanwhile';
      throw new KvError('GONE', why, { cause: refusal });
    }
    checkPage(response, this.#onTooLarge);
    const { pairs, position, cursor: next = END } = response;
    const page = {
      entries: pairs.map(entry),
      position: positionFromMessage(position),
      cursor: next,
    };
    this.#epoch = page.position.epoch;
    return page;
  }

  /**
   * What is under the key that is watched. In most storages, a page from a key on takes as long as all pages up to
   * there; so it is the value that is read, which has no position, and then a position behind it.
   *
   * @param since a position from before.
   */
  async read({ epoch }: Position): Promise<ReadKey> {
    const { table, key } = this.#watched;
    for (let known = epoch; ; ) {
      const found = await this.#answer(commandRequest('hget', { table, key }));
      const value = this.#valueIn(found);
      const page = await this.#page(END, 1);
      // A pair that is too large to be answered is another's: this one has been.
      const position = positionFromMessage(page.position ?? ok(page).position);
      if (position.epoch === known) return { value, position };
      // The server was started anew meanwhile, and what was read may be lost.
      known = position.epoch;
    }
  }

  #valueIn(found: CommandResponse): Value | null {
    if (found.status === ERROR_STATUS.NOT_FOUND) return null;
    const error = responseError(found);
    if (error?.code !== 'TOO_LARGE' || this.#onTooLarge === undefined) return onlyValue(found);
    this.#onTooLarge(error);
    return null;
  }

  /** Whether the server is not the one that answered the last page: others refuse its cursor, too. */
  async #isAnother(): Promise<boolean> {
    const { position } = ok(await this.#page(END, 1));
    return positionFromMessage(position).epoch !== this.#epoch;
  }

  #page(cursor: Uint8Array, limit: number): Promise<CommandResponse> {
    const { table, key, prefix } = this.#watched;
    const message = { table, cursor, limit, prefix: key || prefix, positioned: true };
    return this.#answer(commandRequest('hscan', message));
  }

  // Not before it is needed: a signal takes more memory than all else of a watch.
  #answer(request: CommandRequest): Promise<CommandResponse> {
    return this.#ask(request, this.#end.signal);
  }
}
