import {
  type ChangeMessage,
  type CommandResponse,
  errorResponse,
  KvError,
  okResponse,
  type Position,
  type PositionMessage,
  positionFromMessage,
  positionToMessage,
} from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { ChangeFilter } from '../feed/change-filter.js';
import { changeBytes, changeMessage } from '../feed/change-message.js';
import type { Feed } from '../feed/feed.js';
import { memoryOf } from '../feed/feed-change.js';
import { checkTable, DEFAULT_LIMITS } from '../limits.js';

/** More than this costs the others too long a wait. */
const MAX_CHANGES = 1000;
const MAX_PAGE_BYTES = 1024 * 1024;

/** About how many bytes of changes are looked at for those that are asked for, once there are any. */
const MAX_SEEN_BYTES = 4 * 1024 * 1024;

/** What an answer takes besides its changes. */
const AROUND_BYTES = 64;

/**
 * Answers the changes of a table after a position, or of some of its keys, as many as one answer holds, or as are found
 * in a moment; and the position to go on from. Without changes, there are no more. 410 if they are not kept any more, in
 * part or as a whole, or if there is no such position. 413 if the change that comes next is too large for any answer: it
 * names the key, and has a position, too, with which one can go on behind the change.
 */
export const changes: CommandService<'changes'> = (
  { table, key, prefix, after, limit },
  { feed, limits = DEFAULT_LIMITS, maxResponseBytes = Number.POSITIVE_INFINITY },
) => {
  checkTable(table, limits);
  const filter = ChangeFilter.of(key, prefix, limits);
  const position = positionFromMessage(after);
  if (!Number.isInteger(limit) || limit < 0) {
    throw KvError.invalidCommand('limit must be a whole number of at least 0');
  }
  if (feed === undefined) throw new KvError('UNSUPPORTED', 'There are no feeds here');
  const page = new Page(Math.min(limit || MAX_CHANGES, MAX_CHANGES), maxResponseBytes);
  return read(feed, table, position, filter, page);
};

async function read(
  feed: Feed,
  table: string,
  after: Position,
  filter: ChangeFilter,
  page: Page,
): Promise<CommandResponse> {
  // What is told while this is read comes next time, unless it is met.
  let end = later(after, feed.position);
  let seenBytes = 0;
  for await (const some of feed.history(table, after)) {
    for (const change of some) {
      if (filter.matches(change.key) && !page.add(changeMessage(change))) return page.response();
      end = later(change.position, end);
      seenBytes += memoryOf(change);
      // An answer without changes would say that there are no more.
      if (seenBytes >= MAX_SEEN_BYTES && page.hasChanges) return page.response(change.position);
    }
  }
  return page.response(end);
}

/** Which of two positions is the later one: of what is of another epoch, the second. */
function later(one: Position, other: Position): Position {
  return one.epoch === other.epoch && one.sequence > other.sequence ? one : other;
}

/** Changes that fit one answer. */
class Page {
  readonly #limit: number;
  readonly #room: number;
  readonly #maxBytes: number;
  readonly #changes: ChangeMessage[] = [];
  #bytes = 0;
  /** What comes next, and is too large even so. */
  #tooLarge: ChangeMessage | undefined;

  constructor(limit: number, maxResponseBytes: number) {
    this.#limit = limit;
    this.#room = maxResponseBytes - AROUND_BYTES;
    this.#maxBytes = Math.min(MAX_PAGE_BYTES, this.#room);
  }

  get hasChanges(): boolean {
    return this.#changes.length > 0;
  }

  /**
   * Adds a change; without the value that was there before, if that makes it too large for any answer.
   *
   * @returns whether there was room for it; if not, this is all.
   */
  add(change: ChangeMessage): boolean {
    if (this.#changes.length === this.#limit) return false;
    const whole = changeBytes(change);
    if (this.#bytes > 0 && this.#bytes + whole > this.#maxBytes) return false;
    const added = whole > this.#room ? withoutOld(change) : change;
    const bytes = changeBytes(added);
    if (bytes > this.#room) {
      this.#tooLarge = change;
      return false;
    }
    this.#changes.push(added);
    this.#bytes += bytes;
    return true;
  }

  /** @param end up to where changes have been looked for; where the last of them is, if nothing is said. */
  response(end?: Position): CommandResponse {
    if (this.#tooLarge !== undefined && this.#changes.length === 0) {
      return positioned(
        errorResponse(tooLarge(this.#tooLarge, this.#room)),
        this.#tooLarge.position,
      );
    }
    const position = end === undefined ? this.#changes.at(-1)?.position : positionToMessage(end);
    return positioned({ ...okResponse([]), page: { changes: this.#changes } }, position);
  }
}

function positioned(
  response: CommandResponse,
  position: PositionMessage | undefined,
): CommandResponse {
  return position === undefined ? response : { ...response, position };
}

function withoutOld({ old: _, ...change }: ChangeMessage): ChangeMessage {
  return { ...change, oldKnown: false };
}

function tooLarge({ key }: ChangeMessage, room: number): KvError {
  const name = Array.from(key).slice(0, 32).join('');
  return new KvError('TOO_LARGE', `The change of key ${name} exceeds ${room} bytes of an answer`);
}
