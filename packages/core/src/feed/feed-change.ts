import type { ChangeCause, Position, Value } from '@kv/protocol';

/** A change of one key that has taken effect and is as durable as its store promises. */
export interface FeedChange {
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
