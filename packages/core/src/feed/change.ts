import type { Value } from '@kv/protocol';

/**
 * Where a change stands among all changes of a store. Sequences count changes, and never go back within an epoch; an
 * epoch is the time from one opening of the store to the next, and has a number that no other has. Both are
 * integers from 0 to 2^53 - 1.
 */
export interface Position {
  readonly epoch: number;
  readonly sequence: number;
}

/** What made a change. */
export type ChangeCause = 'set' | 'delete';

/** A change of one key that has taken effect and is as durable as its store promises. */
export interface Change {
  readonly position: Position;
  readonly table: string;
  readonly key: string;
  readonly cause: ChangeCause;
  /** The value that it stored; `undefined` if it deleted the key. */
  readonly value: Value | undefined;
  /**
   * The value that was there before; `undefined` if there was none. Not told, and `undefined`, if the change was read
   * from a log that has not kept it: {@link oldKnown}. Such a deletion may have deleted nothing.
   */
  readonly old: Value | undefined;
  /** Whether {@link old} tells what was there. */
  readonly oldKnown: boolean;
}
