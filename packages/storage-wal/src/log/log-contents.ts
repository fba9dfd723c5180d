import type { Problem } from './unreadable.js';

/** What was found in a segment, or in a snapshot. */
export interface FileContents {
  readonly path: string;
  /** The number of the segment; of a snapshot, the sequence of the last change that is in it for certain. */
  readonly number: number;
  /** The bytes of the file. */
  readonly size: number;
  /** Where the last block ends that counts, in bytes. */
  readonly end: number;
  /** How many bytes stand behind that which do not count, up to where there are only zeros. */
  readonly lostBytes: number;
  /** How many blocks count. */
  readonly blocks: number;
  /** How many changes are in them. */
  readonly changes: number;
  /** Of a segment, the sequence of its last change, or of the last before it. */
  readonly last: number;
}

/** What was found in a log. */
export interface LogContents {
  readonly snapshot: FileContents | undefined;
  readonly segments: readonly FileContents[];
  /** How many changes were replayed. */
  readonly changes: number;
  /** The sequence of the last change up to which nothing is missing. */
  readonly last: number;
  /** The highest sequence of which something says that it was durable. */
  readonly durable: number;
  /** What is not as it was written, in order; the log counts up to the first of them. */
  readonly problems: readonly Problem[];
  /** How many bytes in segments do not count because of them. */
  readonly lostBytes: number;
  /** Where something is missing that was durable, if that is so. */
  readonly damage: Problem | undefined;
}
