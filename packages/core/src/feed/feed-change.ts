import type { ChangeCause, Position, Value } from '@kv/protocol';

/** What a change takes in memory besides its key and its values. */
const OBJECT_BYTES = 192;

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

/** About how many bytes of memory a change takes. */
export function memoryOf(change: FeedChange): number {
  return OBJECT_BYTES + leastBytesOf(change);
}

/** How many bytes a change takes as it travels, at least. */
export function leastBytesOf({ key, value, old }: FeedChange): number {
  return key.length + lengthOf(value) + lengthOf(old);
}

function lengthOf(value: Value | undefined): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 0;
}
