const DIGITS = 16;

export const MANIFEST = 'manifest';
/** What the names of files end in that are not finished; who opens the log removes them. */
export const TEMPORARY = '.tmp';

const hex = (number: number): string => number.toString(16).padStart(DIGITS, '0');

export function segmentName(number: number): string {
  return `segment-${hex(number)}.log`;
}

/** @param start the sequence of the last change that is in the snapshot for certain. */
export function snapshotName(start: number): string {
  return `snapshot-${hex(start)}.kv`;
}

/** The number of a segment of that name; `undefined` if it is none. */
export function segmentNumber(name: string): number | undefined {
  const digits = /^segment-([0-9a-f]{16})\.log$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

export function isSnapshot(name: string): boolean {
  return /^snapshot-[0-9a-f]{16}\.kv$/.test(name);
}

/** Whether a file is one of a log's that was not finished. */
export function isTemporary(name: string): boolean {
  const finished = name.endsWith(TEMPORARY) ? name.slice(0, -TEMPORARY.length) : '';
  return finished === MANIFEST || segmentNumber(finished) !== undefined || isSnapshot(finished);
}
