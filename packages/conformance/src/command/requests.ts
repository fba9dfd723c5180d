import { type CommandRequest, commandRequest, type Value } from '@kv/core';
import { type KvpairMessage, valueToMessage } from '@kv/protocol';

// Requests, by their commands. Short, since tables of cases are full of them.

export function hget(table: string, key: string): CommandRequest {
  return commandRequest('hget', { table, key });
}

export function hgetall(table: string): CommandRequest {
  return commandRequest('hgetall', { table });
}

export function hmget(table: string, keys: string[]): CommandRequest {
  return commandRequest('hmget', { table, keys });
}

export function hset(table: string, key: string, value: Value): CommandRequest {
  return commandRequest('hset', { table, pair: pair(key, value) });
}

export function hmset(
  table: string,
  ...pairs: readonly (readonly [key: string, value: Value])[]
): CommandRequest {
  return commandRequest('hmset', { table, pairs: pairs.map(([key, value]) => pair(key, value)) });
}

export function hdel(table: string, key: string): CommandRequest {
  return commandRequest('hdel', { table, key });
}

export function hexist(table: string, key: string): CommandRequest {
  return commandRequest('hexist', { table, key });
}

export function hscan(table: string, cursor: Uint8Array = new Uint8Array(0)): CommandRequest {
  return commandRequest('hscan', { table, cursor, limit: 0, prefix: '' });
}

/** A pair as it travels. */
export function pair(key: string, value: Value): KvpairMessage {
  return { key, value: valueToMessage(value) };
}
