import type { Unreadable } from './layout.js';

/** What stands before the body of a record: its length, and its flags, of which the low byte is its kind. */
export const RECORD_HEADER_BYTES = 8;
/** What stands before each change of a record of several: its length. */
export const CHANGE_HEADER_BYTES = 4;

/** A record of one change: its body is the bytes of a `CommandRequest`. */
export const ONE_CHANGE = 1;
/** A record of several changes that are one write: of each its length, and the bytes of a `CommandRequest`. */
export const MANY_CHANGES = 2;

/** A record of entries of a table, each of which is a change that sets it: how many, and a list that the slabs have dumped. */
export const ENTRIES = 3;
/** What stands before that list: how many entries it has. */
export const ENTRIES_HEADER_BYTES = 4;

/**
 * A record of what was there before the changes of its block, of which it is the last: for each of them, in their order, a
 * length, and the bytes of a `Value`; none if there was nothing.
 */
export const OLD_VALUES = 4;
/** What stands before each of them: its length. */
export const OLD_VALUE_HEADER_BYTES = 4;

/** What is given the changes of records. */
export interface ReplayRecords {
  /**
   * A change.
   *
   * @param bytes are its own only until it returns.
   * @param view over the same bytes, at the same offsets.
   * @param start where the `CommandRequest` begins that is the change.
   * @param end where it ends.
   */
  change(bytes: Buffer, view: DataView, start: number, end: number): void;
  /**
   * Changes that set entries of a table: `count` of them, as `SlabStorage.load` takes them in.
   *
   * @param start where the list begins, of which otherwise the same holds as of a change.
   */
  entries(bytes: Buffer, view: DataView, start: number, end: number, count: number): void;
}

/**
 * Passes over the records from `start` to `end`.
 *
 * @param skip how many changes to leave out at first.
 * @returns how many changes there are, those left out included.
 */
export function walkRecords(
  bytes: Buffer,
  view: DataView,
  start: number,
  end: number,
  skip: number,
  replay: ReplayRecords,
): number | Unreadable {
  let changes = 0;
  for (let at = start; at < end; ) {
    const body = at + RECORD_HEADER_BYTES;
    if (body > end) return damaged('a record is cut off');
    const bodyEnd = body + view.getUint32(at, true);
    if (bodyEnd > end) return damaged('a record is longer than its block');
    const flags = view.getUint32(at + 4, true);
    if (flags === ONE_CHANGE) {
      if (changes >= skip) replay.change(bytes, view, body, bodyEnd);
      changes++;
    } else if (flags === MANY_CHANGES) {
      const walked = walkChanges(bytes, view, body, bodyEnd, skip - changes, replay);
      if (typeof walked !== 'number') return walked;
      changes += walked;
    } else if (flags === ENTRIES) {
      const list = body + ENTRIES_HEADER_BYTES;
      if (list > bodyEnd) return damaged('a record of entries is cut off');
      const count = view.getUint32(body, true);
      // They are no changes in an order: there is no saying which of them would be left out.
      if (changes < skip && changes + count > skip) return damaged('entries are older in part');
      if (changes >= skip) replay.entries(bytes, view, list, bodyEnd, count);
      changes += count;
    } else if (flags !== OLD_VALUES) {
      return { foreign: true, reason: `a record has flags ${flags}` };
    }
    at = bodyEnd;
  }
  return changes;
}

/** Passes over the changes of a record, in the same way. */
function walkChanges(
  bytes: Buffer,
  view: DataView,
  start: number,
  end: number,
  skip: number,
  replay: ReplayRecords,
): number | Unreadable {
  let changes = 0;
  for (let at = start; at < end; ) {
    const change = at + CHANGE_HEADER_BYTES;
    if (change > end) return damaged('a change is cut off');
    at = change + view.getUint32(at, true);
    if (at > end) return damaged('a change is longer than its record');
    if (changes >= skip) replay.change(bytes, view, change, at);
    changes++;
  }
  return changes;
}

function damaged(reason: string): Unreadable {
  return { foreign: false, reason };
}
