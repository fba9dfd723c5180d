import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isUint8Array } from 'node:util/types';
import { KvError } from '@kv/protocol';
import type { Storage } from './storage/storage.js';

// A cursor is the position of a storage behind a code that is made for it alone, so that a storage is
// asked for no position but its own, and for none in another table. One that is opened anew is another: it may
// have its entries in another order.

const SECRETS: WeakMap<Storage, Uint8Array> = new WeakMap();

const CODE_BYTES = 8;

/** The cursor that stands for a position in a scan of a table and prefix. */
export function sealedCursor(
  storage: Storage,
  position: Uint8Array,
  table: string,
  prefix: string,
): Uint8Array {
  const cursor = new Uint8Array(CODE_BYTES + position.length);
  cursor.set(codeOf(storage, position, table, prefix));
  cursor.set(position, CODE_BYTES);
  return cursor;
}

/**
 * The position that a cursor stands for; `undefined`, the beginning, for an empty one.
 *
 * @throws {KvError} `INVALID_COMMAND` if {@link sealedCursor} did not make it for this storage, table and prefix.
 */
export function positionIn(
  storage: Storage,
  cursor: Uint8Array,
  table: string,
  prefix: string,
): Uint8Array | undefined {
  if (!isUint8Array(cursor)) throw KvError.invalidCommand('cursor must be bytes');
  if (cursor.length === 0) return undefined;
  const position = cursor.subarray(CODE_BYTES);
  const code = cursor.subarray(0, CODE_BYTES);
  const expected = codeOf(storage, position, table, prefix);
  if (code.length === CODE_BYTES && timingSafeEqual(code, expected)) return position;
  throw KvError.invalidCommand(
    'cursor was not given out for this table and prefix, or not since the server was started',
  );
}

function codeOf(storage: Storage, position: Uint8Array, table: string, prefix: string): Uint8Array {
  // As JSON, no two pairs of table and prefix are one text, nor is one the beginning of another.
  const scan = JSON.stringify([table, prefix]);
  const code = createHmac('sha256', secretOf(storage)).update(scan).update(position).digest();
  return code.subarray(0, CODE_BYTES);
}

function secretOf(storage: Storage): Uint8Array {
  let secret = SECRETS.get(storage);
  if (secret === undefined) {
    secret = randomBytes(32);
    SECRETS.set(storage, secret);
  }
  return secret;
}
