import { KvError, readValueMessage, type Value } from '@kv/protocol';
import type { Records } from './records.js';

/**
 * The value of a record.
 *
 * @throws {KvError} `STORAGE_FAILURE`, with its cause, if there is no memory for it.
 */
export function recordValue(records: Records, address: number): Value {
  const start = records.valueStart(address);
  try {
    return readValueMessage(records.bytes(address), start, start + records.valueBytes(address));
  } catch (cause) {
    throw new KvError('STORAGE_FAILURE', 'There is no memory for the value', { cause });
  }
}
