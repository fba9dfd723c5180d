import type { Position } from './position.js';
import type { Subscription } from './subscription.js';
import type { Value } from './value.js';

/** What made a change. */
export type ChangeCause = 'set' | 'delete';

/** A change of one key of a table, which is as durable as the storage promises. */
export interface Change {
  readonly kind: 'change';
  readonly position: Position;
  readonly table: string;
  readonly key: string;
  readonly cause: ChangeCause;
  /** What is there now; `null` if the key was deleted. */
  readonly value: Value | null;
  /**
   * What was there before; `null` if there was nothing. `undefined` if nobody knows, as of changes that are read
   * from a log which does not keep it; then a deletion may have deleted nothing.
   */
  readonly old: Value | null | undefined;
}

/** A pair of a table that is being copied. */
export interface CopiedEntry {
  readonly kind: 'entry';
  readonly table: string;
  readonly key: string;
  readonly value: Value;
}

/** The end of a copy: it is now what the table was at the position. What comes later are the changes after it. */
export interface CopyComplete {
  readonly kind: 'ready';
  readonly table: string;
  readonly position: Position;
}

/** What a watch tells of a table: changes; and, if it copies the table first, its entries, and the copy's end. */
export type WatchItem = Change | CopiedEntry | CopyComplete;

/** Some changes, and the position after which the next begin. */
export interface ChangePage {
  readonly changes: Change[];
  readonly position: Position;
}

/** A watch of a table, which lasts as a {@link Subscription} does. */
export interface Watch extends Subscription<WatchItem> {
  /**
   * Up to here everything has been told, and a later watch can go on from it; while a table is being copied, up to the
   * item `ready`, it cannot.
   */
  readonly position: Position;
}
