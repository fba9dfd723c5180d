import { type CommandMessage, type CommandRequest, commandRequest, type Value } from '@kv/core';
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

export function subscribe(topic: string): CommandRequest {
  return commandRequest('subscribe', toTopic(topic));
}

export function subscribeToPattern(pattern: string): CommandRequest {
  return commandRequest('subscribe', { ...toTopic(''), pattern });
}

/** The message of a subscription to a topic, of which nothing else is said. */
export function toTopic(topic: string): CommandMessage<'subscribe'> {
  return { topic, pattern: '', maxMessages: 0, maxBytes: 0, overflow: '' };
}

export function unsubscribe(topic: string, id: number): CommandRequest {
  return commandRequest('unsubscribe', { topic, id });
}

export function watch(table: string): CommandRequest {
  return commandRequest('watch', ofTable(table));
}

/** The message of a watch of a table, of which nothing else is said. */
export function ofTable(table: string): CommandMessage<'watch'> {
  return { table, key: '', prefix: '', maxMessages: 0, maxBytes: 0, overflow: '' };
}

export function publish(topic: string, ...values: readonly Value[]): CommandRequest {
  return commandRequest('publish', { topic, data: values.map(valueToMessage) });
}

/** A pair as it travels. */
export function pair(key: string, value: Value): KvpairMessage {
  return { key, value: valueToMessage(value) };
}
