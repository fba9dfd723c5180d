import { KvError } from './kv-error.js';
import type { ChangeMessage } from './messages.js';
import { positionFromMessage } from './position.js';
import { valueFromMessage } from './value.js';
import type { Change } from './watch-item.js';

/** The change of a table that a message carries. */
export function changeFromMessage(table: string, message: ChangeMessage): Change {
  const { key, cause, old, oldKnown } = message;
  const value = valueFromMessage(message.value);
  const change = {
    kind: 'change',
    position: positionFromMessage(message.position),
    table,
    key,
    old: oldKnown ? valueFromMessage(old) : undefined,
  } as const;
  if (cause === 'set' && value !== null) return { ...change, cause, value };
  if (cause === 'delete' && value === null) return { ...change, cause, value };
  throw new KvError('INTERNAL', `The server tells of a change by '${cause}'`);
}
