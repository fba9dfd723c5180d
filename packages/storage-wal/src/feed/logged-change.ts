import {
  type CommandRequest,
  type FeedChange,
  LaneReader,
  type Position,
  type Value,
} from '@kv/core';
import { KvError, readValueMessage, requiredValue, straightLineCodec } from '@kv/protocol';
import type { LoggedChange } from '../log/history.js';
import { NO_LIMITS } from '../memory.js';

// It is read and looked at in one go.
const laneReader = new LaneReader(NO_LIMITS);

/** Whether it can be told from its bytes that a change is of another table. */
export function isOfOther(table: Buffer, { bytes, view, start, end }: LoggedChange): boolean {
  if (!laneReader.read(bytes, view, start, end)) return false;
  const { tableStart, tableEnd } = laneReader;
  if (table.length !== tableEnd - tableStart) return true;
  for (let i = 0; i < table.length; i++) if (table[i] !== bytes[tableStart + i]) return true;
  return false;
}

/** A value whose bytes are nobody else's. */
export function ownValue(value: Value): Value {
  return value instanceof Uint8Array ? Uint8Array.from(value) : value;
}

/** The change that a log has. */
export function loggedChange(logged: LoggedChange): FeedChange {
  const { sequence, epoch, bytes, start, end, isOldKnown, oldStart, oldEnd } = logged;
  const request = straightLineCodec.decodeRequest(bytes, start, end);
  const change = changeOf(request, { epoch, sequence });
  if (!isOldKnown) return change;
  const old = oldStart === oldEnd ? undefined : readValueMessage(bytes, oldStart, oldEnd);
  return { ...change, old, oldKnown: true };
}

/** Whether it is known that a change has changed nothing. */
export function isNone({ cause, old, oldKnown }: FeedChange): boolean {
  return cause === 'delete' && old === undefined && oldKnown;
}

/**
 * The change that a request is.
 *
 * @throws {KvError} `STORAGE_FAILURE` if it is none.
 */
export function changeOf({ requestData }: CommandRequest, position: Position): FeedChange {
  switch (requestData.case) {
    case 'hset': {
      const { table, pair } = requestData.value;
      const value = ownValue(requiredValue(pair?.value));
      const key = pair?.key ?? '';
      return { position, table, key, cause: 'set', value, old: undefined, oldKnown: false };
    }
    case 'hdel': {
      const { table, key } = requestData.value;
      const rest = { value: undefined, old: undefined, oldKnown: false };
      return { position, table, key, cause: 'delete', ...rest };
    }
  }
  throw new KvError('STORAGE_FAILURE', 'The log has a change that changes nothing');
}
