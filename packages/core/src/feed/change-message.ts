import { type ChangeMessage, positionToMessage, valueToMessage } from '@kv/protocol';
import { entryBytes } from '../storage/entry-bytes.js';
import type { FeedChange } from './feed-change.js';

/** The most that a change takes as it travels, besides its key and its values: its position, cause and headers. */
const AROUND_BYTES = 48;

/** A change as it travels. */
export function changeMessage({ position, key, cause, ...change }: FeedChange): ChangeMessage {
  const { value, old, oldKnown } = change;
  return {
    ...{ position: positionToMessage(position), key, cause, oldKnown },
    ...(value === undefined ? {} : { value: valueToMessage(value) }),
    ...(old === undefined ? {} : { old: valueToMessage(old) }),
  };
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
