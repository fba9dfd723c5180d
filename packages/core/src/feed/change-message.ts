import {
  type ChangeMessage,
  type Position,
  positionToMessage,
  type Value,
  valueToMessage,
} from '@kv/protocol';
import { entryBytes } from '../storage/entry-bytes.js';
import type { FeedChange } from './feed-change.js';

/** The most that a change takes as it travels, besides its key and its values: its position, cause and headers. */
const AROUND_BYTES = 48;

/**
 * A change as it travels. Its bytes are its own: whoever gets them in this process may change them.
 *
 * @param first if it stands for several, where the first of them stood.
 */
export function changeMessage(change: FeedChange, first?: Position): ChangeMessage {
  const { position, key, cause, value, old, oldKnown } = change;
  return {
    position: positionToMessage(position),
    key,
    cause,
    value: value === undefined ? undefined : valueToMessage(ownValue(value)),
    old: old === undefined ? undefined : valueToMessage(ownValue(old)),
    oldKnown,
    first: first && positionToMessage(first),
  };
}

function ownValue(value: Value): Value {
  return value instanceof Uint8Array ? Uint8Array.from(value) : value;
}

/** What a change takes as it travels, in bytes, or a few less. */
export function changeBytes({ key, value, old }: ChangeMessage): number {
  let bytes = AROUND_BYTES + Buffer.byteLength(key);
  for (const each of [value, old]) {
    const content = each?.value.value;
    if (content !== undefined) bytes += entryBytes(['', content]);
  }
  return bytes;
}
