import type { Unreadable } from './layout.js';

/** What stands before the body of a record: its length, and its flags, of which the low byte is its kind. */
export const RECORD_HEADER_BYTES = 8;
/** What stands before each change of a record of several: its length. */
export const CHANGE_HEADER_BYTES = 4;

/** A record of one change: its body is the bytes of a `CommandRequest`. */
export const ONE_CHANGE = 1;
/** A record of several changes that are one write: of each its length, and the bytes of a `CommandRequest`. */
export const MANY_CHANGES = 2;

/** What is given each change: bytes, a view over them at the same offsets, and from where to where it stands there. */
export type ReplayChange = (bytes: Buffer, view: DataView, start: number, end: number) => void;

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
  replay: ReplayChange,
): number | Unreadable {
  let changes = 0;
  for (let at = start; at < end; ) {
    const body = at + RECORD_HEADER_BYTES;
    if (body > end) return damaged('a record is cut off');
    const bodyEnd = body + view.getUint32(at, true);
    if (bodyEnd > end) return damaged('a record is longer than its block');
    const flags = view.getUint32(at + 4, true);
    if (flags === ONE_CHANGE) {
      if (changes >= skip) replay(bytes, view, body, bodyEnd);
      changes++;
    } else if (flags === MANY_CHANGES) {
      const walked = walkChanges(bytes, view, body, bodyEnd, skip - changes, replay);
      if (typeof walked !== 'number') return walked;
      changes += walked;
    } else {
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
  replay: ReplayChange,
): number | Unreadable {
  let changes = 0;
  for (let at = start; at < end; ) {
    const change = at + CHANGE_HEADER_BYTES;
    if (change > end) return damaged('a change is cut off');
    at = change + view.getUint32(at, true);
    if (at > end) return damaged('a change is longer than its record');
    if (changes >= skip) replay(bytes, view, change, at);
    changes++;
  }
  return changes;
}

function damaged(reason: string): Unreadable {
  return { foreign: false, reason };
}
