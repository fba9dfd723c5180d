import { KvError } from './kv-error.js';
import type { ChangeMessage } from './messages.js';
import { positionFromMessage } from './position.js';
import { valueFromMessage } from './value.js';
import type { Change } from './watch-item.js';

/** The change of a table that a message carries. */
export function changeFromMessage(table: string, message: ChangeMessage): Change {
  const { key, cause, value, old, oldKnown } = message;
  if (cause !== 'set' && cause !== 'delete') {
    throw new KvError('INTERNAL', `The server tells of a change by '${cause}'`);
  }
  return {
    kind: 'change',
    position: positionFromMessage(message.position),
    table,
    key,
    cause,
    value: valueFromMessage(value),
    old: oldKnown ? valueFromMessage(old) : undefined,
  };
}
