import { type Awaitable, isPromise } from './awaitable.js';
import type { CallOptions, KvClient, Pairs } from './kv-client.js';
import { KvError } from './kv-error.js';
import {
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  type KvpairMessage,
} from './messages.js';
import { responseError } from './response.js';
import { checkText } from './text.js';
import { checkValue, type Value, valueFromMessage, valueToMessage } from './value.js';

/**
 * The commands in terms of one `execute`: what a client in-process and a client over a network have
 * in common. Arguments are checked here, before anything is sent.
 */
export abstract class CommandClient implements KvClient {
  /** Takes a request to the engine and brings its answer. */
  protected abstract execute(
    request: CommandRequest,
    options: CallOptions | undefined,
  ): Awaitable<CommandResponse>;

  abstract close(): Promise<void>;

  async hget(table: string, key: string, options?: CallOptions): Promise<Value | null> {
    const sent = this.execute(commandRequest('hget', name(table, key)), options);
    const response = isPromise(sent) ? await sent : sent;
    return response.status === 404 ? null : onlyValue(response);
  }

  async hgetall(table: string, options?: CallOptions): Promise<Map<string, Value>> {
    checkText('table', table);
    const { pairs } = ok(await this.execute(commandRequest('hgetall', { table }), options));
    return new Map(pairs.map(({ key, value }) => [key, present(valueFromMessage(value))]));
  }

  async hmget(
    table: string,
    keys: readonly string[],
    options?: CallOptions,
  ): Promise<(Value | null)[]> {
    const own = names(table, keys);
    const response = await this.execute(commandRequest('hmget', own), options);
    return allValues(response, own.keys.length);
  }

  async hset(
    table: string,
    key: string,
    value: Value,
    options?: CallOptions,
  ): Promise<Value | null> {
    checkText('table', table);
    const sent = this.execute(commandRequest('hset', { table, pair: pair(key, value) }), options);
    return onlyValue(isPromise(sent) ? await sent : sent);
  }

  async hmset(table: string, pairs: Pairs, options?: CallOptions): Promise<(Value | null)[]> {
    checkText('table', table);
    const messages = Array.from(pairs, ([key, value]) => pair(key, value));
    const request = commandRequest('hmset', { table, pairs: messages });
    return allValues(await this.execute(request, options), messages.length);
  }

  async hdel(table: string, key: string, options?: CallOptions): Promise<Value | null> {
    const sent = this.execute(commandRequest('hdel', name(table, key)), options);
    return onlyValue(isPromise(sent) ? await sent : sent);
  }

  async hmdel(
    table: string,
    keys: readonly string[],
    options?: CallOptions,
  ): Promise<(Value | null)[]> {
    const own = names(table, keys);
    const response = await this.execute(commandRequest('hmdel', own), options);
    return allValues(response, own.keys.length);
  }

  async hexist(table: string, key: string, options?: CallOptions): Promise<boolean> {
    const sent = this.execute(commandRequest('hexist', name(table, key)), options);
    return flag(onlyValue(isPromise(sent) ? await sent : sent));
  }

  async hmexist(table: string, keys: readonly string[], options?: CallOptions): Promise<boolean[]> {
    const own = names(table, keys);
    const response = await this.execute(commandRequest('hmexist', own), options);
    return allValues(response, own.keys.length).map(flag);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function name(table: string, key: string): { table: string; key: string } {
  checkText('table', table);
  checkText('key', key);
  return { table, key };
}

function names(table: string, keys: readonly string[]): { table: string; keys: string[] } {
  checkText('table', table);
  const own = [...keys];
  for (const key of own) checkText('key', key);
  return { table, keys: own };
}

function pair(key: string, value: Value): KvpairMessage {
  checkText('key', key);
  checkValue(value);
  return { key, value: valueToMessage(value) };
}

function ok(response: CommandResponse): CommandResponse {
  const error = responseError(response);
  if (error) throw error;
  return response;
}

function onlyValue(response: CommandResponse): Value | null {
  return allValues(response, 1)[0] ?? null;
}

function allValues(response: CommandResponse, count: number): (Value | null)[] {
  const { values } = ok(response);
  if (values.length !== count) throw unexpected(`${values.length} values instead of ${count}`);
  return values.map(valueFromMessage);
}

function present(value: Value | null): Value {
  if (value === null) throw unexpected('a pair without a value');
  return value;
}

function flag(value: Value | null): boolean {
  if (typeof value !== 'boolean') throw unexpected('something else than a boolean');
  return value;
}

function unexpected(what: string): KvError {
  return new KvError('INTERNAL', `The server answered ${what}`);
}
