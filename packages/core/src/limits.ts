import {
  checkList,
  checkOptionNames,
  checkText,
  DEFAULT_QUEUE_LIMITS,
  KvError,
} from '@kv/protocol';
import { MAX_PATTERN_LENGTH } from './topics/topic-pattern.js';

/** How long the names of what is stored may be. */
export interface NameLimits {
  /** The longest table name, in bytes of UTF-8: 255 by default. */
  readonly maxTableBytes: number;
  /** The longest key, in bytes of UTF-8: 4096 by default. */
  readonly maxKeyBytes: number;
}

/** How long names may be, and how much may wait for a peer. */
export interface Limits extends NameLimits {
  /** The longest topic, and pattern of topics, in bytes of UTF-8: 255 by default, 65,535 at the most. */
  readonly maxTopicBytes: number;
  /** The subscriptions that a connection may have: 100,000 by default. One to a pattern counts as 100. */
  readonly maxSubscriptions: number;
  /** The messages that may wait for a subscription whose peer is slow: 10,000 by default. */
  readonly maxWaitingMessages: number;
  /** The bytes of messages that may wait for a subscription: 1 MiB by default. A single one always may. */
  readonly maxWaitingBytes: number;
  /** The bytes of messages that may wait for all subscriptions of a connection: 32 MiB by default. */
  readonly maxWaitingBytesPerPeer: number;
}

/** What holds where an engine is not told otherwise. */
export const DEFAULT_LIMITS: Limits = {
  maxTableBytes: 255,
  maxKeyBytes: 4096,
  maxTopicBytes: 255,
  maxSubscriptions: 100_000,
  maxWaitingMessages: DEFAULT_QUEUE_LIMITS.maxMessages,
  maxWaitingBytes: DEFAULT_QUEUE_LIMITS.maxBytes,
  maxWaitingBytesPerPeer: 32 * 1024 * 1024,
};

/** {@link Limits} of which not all need be said. */
export type LimitOptions = { readonly [Name in keyof Limits]?: number | undefined };

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} if a limit is not a positive integer, or one on topics more than can be.
 * @throws {TypeError} if there is no such limit.
 */
export function limitsOf(options: LimitOptions = {}): Limits {
  checkOptionNames('the limits of an Engine', options, DEFAULT_LIMITS);
  const limits: Record<keyof Limits, number> = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]) {
    const limit = options[name] ?? DEFAULT_LIMITS[name];
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new RangeError(`${name} must be a positive integer`);
    }
    limits[name] = limit;
  }
  if (limits.maxTopicBytes > MAX_PATTERN_LENGTH) {
    throw new RangeError(`maxTopicBytes must be at most ${MAX_PATTERN_LENGTH}`);
  }
  return limits;
}

/**
 * Refuses what can be no table.
 *
 * @throws {KvError} `INVALID_COMMAND` if it is empty or no well-formed text, `TOO_LARGE` if it
 * exceeds its limit.
 */
export function checkTable(table: string, limits: NameLimits): void {
  checkName('table', table, limits.maxTableBytes);
}

/** Refuses what can be no key, as {@link checkTable} does. */
export function checkKey(key: string, limits: NameLimits): void {
  checkName('key', key, limits.maxKeyBytes);
}

/** Refuses what is no list of keys, as {@link checkKey} does each of them. */
export function checkKeys(keys: readonly string[], limits: NameLimits): void {
  checkList('keys', keys);
  for (const key of keys) checkKey(key, limits);
}

/** Refuses what can be no beginning of a key: it may be empty. */
export function checkPrefix(prefix: string, limits: NameLimits): void {
  if (prefix !== '') checkName('prefix', prefix, limits.maxKeyBytes);
}

/**
 * Refuses what can be no topic, or no pattern of topics, as {@link checkTable} does.
 *
 * @param what which of them it is, for the error message.
 */
export function checkTopic(what: 'topic' | 'pattern', topic: string, limits: Limits): void {
  checkName(what, topic, limits.maxTopicBytes);
}

function checkName(what: string, name: string, maxBytes: number): void {
  checkText(what, name);
  if (name.length === 0) throw KvError.invalidCommand(`${what} must not be empty`);
  // A UTF-16 unit is at most three bytes of UTF-8, so most names need no counting.
  if (name.length * 3 > maxBytes && Buffer.byteLength(name) > maxBytes) {
    throw new KvError('TOO_LARGE', `The ${what} exceeds the limit of ${maxBytes} bytes`);
  }
}
