import { checkList, checkText, KvError } from '@kv/protocol';

/** How long names may be. */
export interface Limits {
  /** The longest table name, in bytes of UTF-8: 255 by default. */
  readonly maxTableBytes: number;
  /** The longest key, in bytes of UTF-8: 4096 by default. */
  readonly maxKeyBytes: number;
}

/** What holds where an engine is not told otherwise. */
export const DEFAULT_LIMITS: Limits = { maxTableBytes: 255, maxKeyBytes: 4096 };

/** {@link Limits} of which not all need be said. */
export type LimitOptions = { readonly [Name in keyof Limits]?: number | undefined };

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} if a limit is not a positive integer.
 */
export function limitsOf({
  maxTableBytes = DEFAULT_LIMITS.maxTableBytes,
  maxKeyBytes = DEFAULT_LIMITS.maxKeyBytes,
}: LimitOptions = {}): Limits {
  const limits: Limits = { maxTableBytes, maxKeyBytes };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${name} must be a positive integer`);
    }
  }
  return limits;
}

/**
 * Refuses what can be no table.
 *
 * @throws {KvError} `INVALID_COMMAND` if it is empty or no well-formed text, `TOO_LARGE` if it
 * exceeds its limit.
 */
export function checkTable(table: string, limits: Limits): void {
  checkName('table', table, limits.maxTableBytes);
}

/** Refuses what can be no key, as {@link checkTable} does. */
export function checkKey(key: string, limits: Limits): void {
  checkName('key', key, limits.maxKeyBytes);
}

/** Refuses what is no list of keys, as {@link checkKey} does each of them. */
export function checkKeys(keys: readonly string[], limits: Limits): void {
  checkList('keys', keys);
  for (const key of keys) checkKey(key, limits);
}

/** Refuses what can be no beginning of a key: it may be empty. */
export function checkPrefix(prefix: string, limits: Limits): void {
  if (prefix !== '') checkName('prefix', prefix, limits.maxKeyBytes);
}

function checkName(what: string, name: string, maxBytes: number): void {
  checkText(what, name);
  if (name.length === 0) throw KvError.invalidCommand(`${what} must not be empty`);
  // A UTF-16 unit is at most three bytes of UTF-8, so most names need no counting.
  if (name.length * 3 > maxBytes && Buffer.byteLength(name) > maxBytes) {
    throw new KvError('TOO_LARGE', `The ${what} exceeds the limit of ${maxBytes} bytes`);
  }
}
