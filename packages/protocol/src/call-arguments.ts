import type { CallOptions, Pairs, ScanOptions } from './kv-client.js';
import { KvError } from './kv-error.js';
import { checkList } from './list.js';
import type { CommandMessage, KvpairMessage, ValueMessage } from './messages.js';
import { type OptionNames, unknownOption } from './option-names.js';
import {
  isOverflow,
  OVERFLOW_POLICIES,
  type Overflow,
  type QueueOverflow,
} from './overflow-policy.js';
import { checkPosition, type Position, positionToMessage } from './position.js';
import type { SubscribeOptions, TopicPattern } from './subscription.js';
import { checkText } from './text.js';
import { typeName } from './type-name.js';
import { checkValue, type Value, valueToMessage } from './value.js';
import type { ChangeFilter, ChangesOptions, WatchOptions, WatchOverflow } from './watch-options.js';

/** The `limit` of a request whose page is as large as the server likes. */
const SERVER_DEFAULT = 0;

const MAX_UINT32 = 2 ** 32 - 1;

/** The options there are: from JavaScript, one that is misspelt would pass for one that is not there. */
const CALL_OPTIONS: OptionNames<CallOptions> = {
  signal: true,
  timeoutMs: true,
  retryReads: true,
};
const SCAN_OPTIONS: OptionNames<ScanOptions> = {
  ...CALL_OPTIONS,
  prefix: true,
  pageSize: true,
  onTooLarge: true,
};
const SUBSCRIBE_OPTIONS: OptionNames<SubscribeOptions> = {
  signal: true,
  timeoutMs: true,
  maxMessages: true,
  maxBytes: true,
  overflow: true,
  onGap: true,
};

const WATCH_OPTIONS: OptionNames<WatchOptions> = {
  key: true,
  prefix: true,
  after: true,
  snapshot: true,
  signal: true,
  timeoutMs: true,
  maxMessages: true,
  maxBytes: true,
  overflow: true,
  onTooLarge: true,
  onGap: true,
};

const CHANGES_OPTIONS: OptionNames<ChangesOptions> = {
  key: true,
  prefix: true,
  limit: true,
  onTooLarge: true,
  signal: true,
  timeoutMs: true,
  retryReads: true,
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
  if (pageSize !== undefined) checkUint32('pageSize', pageSize);
  checkFunction('onTooLarge', onTooLarge);
  return { table, cursor: new Uint8Array(0), limit: pageSize ?? SERVER_DEFAULT, prefix };
}

/** A topic or a pattern, and what may wait for the subscriber. */
export function topicOrPattern(
  topic: string | TopicPattern,
  options: SubscribeOptions,
): CommandMessage<'subscribe'> {
  checkNames(options, SUBSCRIBE_OPTIONS);
  const { maxMessages = SERVER_DEFAULT, maxBytes = SERVER_DEFAULT, overflow = 'error' } = options;
  if (options.maxMessages !== undefined) checkUint32('maxMessages', maxMessages);
  if (options.maxBytes !== undefined) checkUint32('maxBytes', maxBytes);
  checkOverflow(overflow);
  checkFunction('onGap', options.onGap);
  return { ...topicOf(topic), maxMessages, maxBytes, overflow };
}

/** A table, which changes of it, and what may wait for the consumer. */
export function tableAndWatch(table: string, options: WatchOptions): CommandMessage<'watch'> {
  checkText('table', table);
  checkNames(options, WATCH_OPTIONS);
  const { maxMessages = SERVER_DEFAULT, maxBytes = SERVER_DEFAULT, after, snapshot } = options;
  if (options.maxMessages !== undefined) checkUint32('maxMessages', maxMessages);
  if (options.maxBytes !== undefined) checkUint32('maxBytes', maxBytes);
  checkFunction('onGap', options.onGap);
  checkFunction('onTooLarge', options.onTooLarge);
  if (after !== undefined) checkPosition('after', after);
  checkFlag('snapshot', snapshot);
  if (after !== undefined && snapshot === true) {
    throw KvError.invalidCommand('a watch begins with a snapshot or after a position, not both');
  }
  const overflow = pushedOverflow(options.overflow ?? 'catch-up');
  return { table, ...filterOf(options), maxMessages, maxBytes, overflow };
}

/** What becomes of what is pushed: what can be read again may be dropped. */
export function pushedOverflow(overflow: WatchOverflow): QueueOverflow {
  if (overflow === 'catch-up') return 'drop-oldest';
  if (overflow === 'conflate') return overflow;
  checkOverflow(overflow, 'catch-up', 'conflate');
  return overflow;
}

/** A table, which changes of it, and the position after which they begin. */
export function tableAndChanges(
  table: string,
  after: Position,
  options: ChangesOptions,
): CommandMessage<'changes'> {
  checkText('table', table);
  checkNames(options, CHANGES_OPTIONS);
  const { limit, onTooLarge } = options;
  if (limit !== undefined) checkUint32('limit', limit);
  checkFunction('onTooLarge', onTooLarge);
  const position = positionToMessage(checkPosition('after', after));
  return { table, ...filterOf(options), after: position, limit: limit ?? SERVER_DEFAULT };
}

function filterOf({ key, prefix }: ChangeFilter): { key: string; prefix: string } {
  if (key !== undefined) {
    checkText('key', key);
    // It would stand for all keys.
    if (key === '') throw KvError.invalidCommand('key must not be empty');
  }
  if (prefix !== undefined) checkText('prefix', prefix);
  if (key !== undefined && prefix !== undefined) {
    throw KvError.invalidCommand('there may be a key or a prefix, not both');
  }
  return { key: key ?? '', prefix: prefix ?? '' };
}

/** A topic and what is published to it: a value, or any number of them. */
export function topicAndValues(
  topic: string,
  values: Value | readonly Value[],
): CommandMessage<'publish'> {
  checkText('topic', topic);
  const all: readonly Value[] = Array.isArray(values) ? values : [values as Value];
  // Not `map`, which passes over what is not there.
  return { topic, data: Array.from(all, valueMessage) };
}

function topicOf(topic: string | TopicPattern): { topic: string; pattern: string } {
  if (typeof topic !== 'object' || topic === null) {
    checkText('topic', topic);
    return { topic, pattern: '' };
  }
  if (!('pattern' in topic)) {
    throw KvError.invalidCommand('topic must be a string, or a pattern: { pattern }');
  }
  checkNames(topic, { pattern: true });
  checkText('pattern', topic.pattern);
  // From JavaScript: as the pattern of a topic without one, it would be refused in words about a topic.
  if (topic.pattern === '') throw KvError.invalidCommand('pattern must not be empty');
  return { topic: '', pattern: topic.pattern };
}

function checkOverflow(
  overflow: string,
  ...others: readonly string[]
): asserts overflow is Overflow {
  if (isOverflow(overflow)) return;
  const names = [...others, ...Object.keys(OVERFLOW_POLICIES)].join(', ');
  throw KvError.invalidCommand(`overflow must be one of ${names}, not '${overflow}'`);
}

function checkFunction(what: string, given: unknown): void {
  if (given === undefined || typeof given === 'function') return;
  throw KvError.invalidCommand(`${what} must be a function, not ${typeName(given)}`);
}

/** From JavaScript, any text would pass for yes. */
function checkFlag(what: string, given: unknown): void {
  if (given === undefined || typeof given === 'boolean') return;
  throw KvError.invalidCommand(`${what} must be true or false, not ${typeName(given)}`);
}

/** Refuses options that make no sense. */
export function checkOptions(options: CallOptions): void {
  checkNames(options, CALL_OPTIONS);
  const { signal, timeoutMs, retryReads } = options;
  if (signal !== undefined) checkSignal(signal);
  checkFlag('retryReads', retryReads);
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
  const name = unknownOption(options, known);
  if (name !== undefined) throw KvError.invalidCommand(`there is no option '${name}'`);
}

function checkUint32(what: string, value: number): void {
  if (Number.isInteger(value) && value > 0 && value <= MAX_UINT32) return;
  throw KvError.invalidCommand(`${what} must be a whole number from 1 to ${MAX_UINT32}`);
}

function pairMessage(key: string, value: Value): KvpairMessage {
  checkText('key', key);
  return { key, value: valueMessage(value) };
}

function valueMessage(value: Value): ValueMessage {
  checkValue(value);
  return valueToMessage(value instanceof Uint8Array ? new Uint8Array(value) : value);
}
