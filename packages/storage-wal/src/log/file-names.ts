const DIGITS = 16;

export const MANIFEST = 'manifest';
/** What the name of a file ends in that is not finished; whoever opens the log removes it. */
export const TEMPORARY = '.tmp';
/** What the name of a file ends in that a repair has replaced; nobody reads it again. */
export const SET_ASIDE = '.damaged';

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
  return numberIn(name, /^segment-([0-9a-f]{16})\.log$/);
}

/** The start of a snapshot of that name; `undefined` if it is none. */
export function snapshotStart(name: string): number | undefined {
  return numberIn(name, /^snapshot-([0-9a-f]{16})\.kv$/);
}

/** The name of a file before something was made of it that does not count. */
export function originalName(name: string): string {
  return name.replace(/\.(tmp|damaged)$/, '');
}

/** Whether a file is a segment or a snapshot, or was to be one. Without a manifest there is none. */
export function belongsToLog(name: string): boolean {
  const original = originalName(name);
  return segmentNumber(original) !== undefined || snapshotStart(original) !== undefined;
}

/** Whether a file is one of a log's that was not finished. */
export function isTemporary(name: string): boolean {
  return name.endsWith(TEMPORARY) && (name === MANIFEST + TEMPORARY || belongsToLog(name));
}

function numberIn(name: string, pattern: RegExp): number | undefined {
  const digits = pattern.exec(name)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}
