import type { CommandResponse, ValueMessage } from './messages.js';

/** What a message takes besides its text and bytes. */
const MESSAGE_BYTES = 64;

/** What a value takes besides those. */
const VALUE_BYTES = 16;

/** About how many bytes of memory a pushed message takes that waits. */
export function responseBytes({ message, topic = '', values, change }: CommandResponse): number {
  let bytes = MESSAGE_BYTES + message.length + topic.length;
  for (const value of values) bytes += VALUE_BYTES + lengthOf(value);
  if (change !== undefined) {
    bytes += MESSAGE_BYTES + change.key.length;
    for (const value of [change.value, change.old]) {
      if (value !== undefined) bytes += VALUE_BYTES + lengthOf(value);
    }
  }
  return bytes;
}

function lengthOf({ value: { value } }: ValueMessage): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 0;
}
