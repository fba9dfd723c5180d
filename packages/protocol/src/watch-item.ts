import type { Position } from './position.js';
import type { Subscription } from './subscription.js';
import type { Value } from './value.js';

/** What made a change. */
export type ChangeCause = Change['cause'];

/** A change of one key of a table, which is as durable as the storage promises. */
export type Change = SetChange | DeleteChange;

/** A key was given a value. */
export interface SetChange extends AnyChange {
  readonly cause: 'set';
  /** What is there now. */
  readonly value: Value;
}

/** A key was deleted. */
export interface DeleteChange extends AnyChange {
  readonly cause: 'delete';
  readonly value: null;
}

/** What is told of every change. */
export interface AnyChange {
  readonly kind: 'change';
  /** Once all of a watch's copy has been told, a later watch can go on from it: see {@link Watch.position}. */
  readonly position: Position;
  readonly table: string;
  readonly key: string;
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

/** What is pushed for a watch. */
export type Pushed = PushedChange | Progress;

/** A change, as it is pushed. */
export interface PushedChange {
  readonly kind: 'change';
  readonly change: Change;
  /** If it stands for several changes that were conflated, where the first of them stood: `old` is from before that. */
  readonly first: Position | undefined;
}

/** Tells, when there is nothing else to tell for long, that all changes up to here have been told. */
export interface Progress {
  readonly kind: 'progress';
  readonly position: Position;
}

/** A watch of a table, which lasts as a {@link Subscription} does. */
export interface Watch extends Subscription<WatchItem> {
  /**
   * Up to here everything has been told, and a later watch can go on from it. It also goes on, now and then, when
   * nothing is told: of a table, or a key, that changes rarely, keep it from time to time. `undefined` while the table is
   * being copied, up to the item `ready`: who leaves then has to begin anew.
   */
  readonly position: Position | undefined;
}
