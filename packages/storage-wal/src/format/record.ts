/** What stands before the body of a record: its length and its flags, of which the low byte is the kind. */
export const RECORD_HEADER_BYTES = 8;
/** What stands before each change of a record of several: its length. */
export const CHANGE_HEADER_BYTES = 4;

/** A record of one change: its body is the bytes of a `CommandRequest`. */
export const ONE_CHANGE = 1;
/** A record of several changes that are one write: of each the length, and the bytes of a `CommandRequest`. */
export const MANY_CHANGES = 2;

/**
 * What the changes of a log are given to, one after the other, in their order.
 *
 * @param bytes are the caller's only until it returns.
 * @param view over the same bytes, at the same offsets.
 * @param start where the `CommandRequest` begins that is the change.
 * @param end where it ends.
 */
export type ReplayChange = (bytes: Buffer, view: DataView, start: number, end: number) => void;

/**
 * Passes over the records from `start` to `end`.
 *
 * @param skip how many changes to leave out at first.
 * @returns how many changes there are, those left out included; or what is wrong with the records.
 */
export function walkRecords(
  bytes: Buffer,
  view: DataView,
  start: number,
  end: number,
  skip: number,
  replay: ReplayChange,
): number | string {
  let changes = 0;
  let at = start;
  while (at < end) {
    if (end - at < RECORD_HEADER_BYTES) return 'a record is cut off';
    const body = at + RECORD_HEADER_BYTES;
    const bodyEnd = body + view.getUint32(at, true);
    const flags = view.getUint32(at + 4, true);
    if (bodyEnd > end) return 'a record is longer than its block';
    if (flags === ONE_CHANGE) {
      if (changes >= skip) replay(bytes, view, body, bodyEnd);
      changes++;
    } else if (flags === MANY_CHANGES) {
      for (let change = body; change < bodyEnd; ) {
        const from = change + CHANGE_HEADER_BYTES;
        if (from > bodyEnd) return 'a change is cut off';
        change = from + view.getUint32(from - CHANGE_HEADER_BYTES, true);
        if (change > bodyEnd) return 'a change is longer than its record';
        if (changes >= skip) replay(bytes, view, from, change);
        changes++;
      }
    } else {
      return `a record has flags ${flags}, of which this version knows nothing`;
    }
    at = bodyEnd;
  }
  return changes;
}
