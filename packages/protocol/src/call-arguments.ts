import type { CallOptions, Pairs, ScanOptions } from './kv-client.js';
import { KvError } from './kv-error.js';
import { checkList } from './list.js';
import type { CommandMessage, KvpairMessage } from './messages.js';
import { checkText } from './text.js';
import { typeName } from './type-name.js';
import { checkValue, type Value, valueToMessage } from './value.js';

/** The `limit` of a request whose page is as large as the server likes. */
const SERVER_DEFAULT = 0;

const MAX_UINT32 = 2 ** 32 - 1;

/** The options there are: from JavaScript, one that is misspelt would pass for one that is not there. */
const CALL_OPTIONS: Readonly<Record<keyof CallOptions, true>> = {
  signal: true,
  timeoutMs: true,
  retryReads: true,
};
const SCAN_OPTIONS: Readonly<Record<keyof ScanOptions, true>> = {
  ...CALL_OPTIONS,
  prefix: true,
  pageSize: true,
  onTooLarge: true,
};

// What a method of a client is given, as it travels. All that is mutable is copied, so that it does not
// matter what the caller does to it while the call is under way. From JavaScript anything may come.
// Everything here throws a `KvError` `INVALID_COMMAND`.

/** A table and one key. */
export function tableAndKey(table: string, key: string): CommandMessage<'hget'> {
  checkText('table', table);
  checkText('key', key);
  return { table, key };
}

/** A table and several keys. */
export function tableAndKeys(table: string, keys: readonly string[]): CommandMessage<'hmget'> {
  checkText('table', table);
  checkList('keys', keys);
  const own = [...keys];
  for (const key of own) checkText('key', key);
  return { table, keys: own };
}

/** A table and one pair. */
export function tableAndPair(table: string, key: string, value: Value): CommandMessage<'hset'> {
  checkText('table', table);
  return { table, pair: pairMessage(key, value) };
}

/** A table and several pairs. */
export function tableAndPairs(table: string, pairs: Pairs): CommandMessage<'hmset'> {
  checkText('table', table);
  if (typeof pairs !== 'object' || pairs === null || !(Symbol.iterator in pairs)) {
    throw KvError.invalidCommand(
      `pairs must be a Map or an array of [key, value], not ${typeName(pairs)}`,
    );
  }
  const messages = Array.from(pairs, (pair) => {
    checkList('each of the pairs', pair);
    if (pair.length !== 2) throw KvError.invalidCommand('each of the pairs must be [key, value]');
    return pairMessage(...pair);
  });
  return { table, pairs: messages };
}

/** A table and which pages of it, from the first. */
export function tableAndPages(table: string, options: ScanOptions): CommandMessage<'hscan'> {
  checkText('table', table);
  checkNames(options, SCAN_OPTIONS);
  const { prefix = '', pageSize, onTooLarge } = options;
  checkText('prefix', prefix);
  if (pageSize !== undefined) checkPageSize(pageSize);
  if (onTooLarge !== undefined && typeof onTooLarge !== 'function') {
    throw KvError.invalidCommand(`onTooLarge must be a function, not ${typeName(onTooLarge)}`);
  }
  return { table, cursor: new Uint8Array(0), limit: pageSize ?? SERVER_DEFAULT, prefix };
}

/** Refuses options that make no sense. */
export function checkOptions(options: CallOptions): void {
  checkNames(options, CALL_OPTIONS);
  const { signal, timeoutMs } = options;
  if (signal !== undefined) checkSignal(signal);
  // A timer would take what is no time for a very short one.
  if (timeoutMs === undefined || (typeof timeoutMs === 'number' && timeoutMs > 0)) return;
  throw KvError.invalidCommand('timeoutMs must be a number greater than 0');
}

/** As Node.js does: it may be of another realm. */
function checkSignal(signal: AbortSignal): void {
  if (typeof signal === 'object' && signal !== null && 'aborted' in signal) return;
  throw KvError.invalidCommand('signal must be an AbortSignal');
}

function checkNames(options: object, known: object): void {
  if (typeof options !== 'object' || options === null) {
    throw KvError.invalidCommand(`options must be an object, not ${typeName(options)}`);
  }
  for (const name in options) {
    if (!Object.hasOwn(known, name)) throw KvError.invalidCommand(`there is no option '${name}'`);
  }
}

function checkPageSize(pageSize: number): void {
  if (Number.isInteger(pageSize) && pageSize > 0 && pageSize <= MAX_UINT32) return;
  throw KvError.invalidCommand(`pageSize must be a whole number from 1 to ${MAX_UINT32}`);
}

function pairMessage(key: string, value: Value): KvpairMessage {
  checkText('key', key);
  checkValue(value);
  return {
    key,
    value: valueToMessage(value instanceof Uint8Array ? new Uint8Array(value) : value),
  };
}
