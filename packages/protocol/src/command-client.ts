import { type Awaitable, isPromise } from './awaitable.js';
import {
  checkOptions,
  tableAndKey,
  tableAndKeys,
  tableAndPages,
  tableAndPair,
  tableAndPairs,
} from './call-arguments.js';
import type { CallOptions, KvClient, Pairs, ScanOptions } from './kv-client.js';
import { KvError } from './kv-error.js';
import {
  type CommandMessage,
  type CommandName,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  type KvpairMessage,
  type ValueMessage,
} from './messages.js';
import { responseError } from './response.js';
import { checkText } from './text.js';
import { type Value, valueFromMessage } from './value.js';

const END = new Uint8Array(0);

/**
 * The commands in terms of one `execute`: what a client in-process and a client over a network have
 * in common. Arguments are checked here, before anything is sent.
 */
export abstract class CommandClient implements KvClient {
  /** Takes a request to the engine and brings its answer. The options have been checked. */
  protected abstract execute(
    request: CommandRequest,
    options: CallOptions | undefined,
  ): Awaitable<CommandResponse>;

  abstract close(): Promise<void>;

  async hget(table: string, key: string, options?: CallOptions): Promise<Value | null> {
    const sent = this.#call('hget', tableAndKey(table, key), options);
    const response = isPromise(sent) ? await sent : sent;
    return response.status === 404 ? null : onlyValue(response);
  }

  async hgetall(table: string, options?: CallOptions): Promise<Map<string, Value>> {
    checkText('table', table);
    const { pairs } = ok(await this.#call('hgetall', { table }, options));
    return new Map(pairs.map(entry));
  }

  async hmget(
    table: string,
    keys: readonly string[],
    options?: CallOptions,
  ): Promise<(Value | null)[]> {
    const message = tableAndKeys(table, keys);
    const response = await this.#call('hmget', message, options);
    return allValues(response, message.keys.length);
  }

  async hset(
    table: string,
    key: string,
    value: Value,
    options?: CallOptions,
  ): Promise<Value | null> {
    const sent = this.#call('hset', tableAndPair(table, key, value), options);
    return onlyValue(isPromise(sent) ? await sent : sent);
  }

  async hmset(table: string, pairs: Pairs, options?: CallOptions): Promise<(Value | null)[]> {
    const message = tableAndPairs(table, pairs);
    const response = await this.#call('hmset', message, options);
    return allValues(response, message.pairs.length);
  }

  async hdel(table: string, key: string, options?: CallOptions): Promise<Value | null> {
    const sent = this.#call('hdel', tableAndKey(table, key), options);
    return onlyValue(isPromise(sent) ? await sent : sent);
  }

  async hmdel(
    table: string,
    keys: readonly string[],
    options?: CallOptions,
  ): Promise<(Value | null)[]> {
    const message = tableAndKeys(table, keys);
    const response = await this.#call('hmdel', message, options);
    return allValues(response, message.keys.length);
  }

  async hexist(table: string, key: string, options?: CallOptions): Promise<boolean> {
    const sent = this.#call('hexist', tableAndKey(table, key), options);
    return flag(onlyValue(isPromise(sent) ? await sent : sent));
  }

  async hmexist(table: string, keys: readonly string[], options?: CallOptions): Promise<boolean[]> {
    const message = tableAndKeys(table, keys);
    const response = await this.#call('hmexist', message, options);
    return allValues(response, message.keys.length).map(flag);
  }

  hscan(table: string, options: ScanOptions = {}): AsyncIterable<[key: string, value: Value]> {
    const first = tableAndPages(table, options);
    const { prefix: _, pageSize: __, onTooLarge, ...callOptions } = options;
    checkOptions(callOptions);
    return { [Symbol.asyncIterator]: () => this.#scan(first, callOptions, onTooLarge) };
  }

  async snapshot(options?: CallOptions): Promise<number> {
    const bytes = onlyValue(await this.#call('snapshot', {}, options));
    if (typeof bytes !== 'bigint') throw unexpected('something else than an integer');
    return Number(bytes);
  }

  /** Closes it, at the end of the block that holds it by `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** From the first page to the last. */
  async *#scan(
    first: CommandMessage<'hscan'>,
    options: CallOptions,
    onTooLarge: ScanOptions['onTooLarge'],
  ): AsyncGenerator<[key: string, value: Value], void, undefined> {
    let { cursor } = first;
    do {
      const page = await this.#call('hscan', { ...first, cursor }, options);
      checkPage(page, onTooLarge);
      for (const pair of page.pairs) yield entry(pair);
      cursor = page.cursor ?? END;
      // One of no bytes would begin anew.
    } while (cursor.length > 0);
  }

  #call<Name extends CommandName>(
    name: Name,
    message: CommandMessage<Name>,
    options: CallOptions | undefined,
  ): Awaitable<CommandResponse> {
    if (options !== undefined) checkOptions(options);
    return this.execute(commandRequest(name, message), options);
  }
}

function ok(response: CommandResponse): CommandResponse {
  const error = responseError(response);
  if (error) throw error;
  return response;
}

/** Only what is too large to be answered comes with an error and a cursor: the scan can go on behind it. */
function checkPage(page: CommandResponse, onTooLarge: ScanOptions['onTooLarge']): void {
  const error = responseError(page);
  if (error === undefined) return;
  if (page.cursor === undefined || onTooLarge === undefined) throw error;
  onTooLarge(error);
}

function onlyValue(response: CommandResponse): Value | null {
  return valueFromMessage(messages(response, 1)[0]);
}

function allValues(response: CommandResponse, count: number): (Value | null)[] {
  return messages(response, count).map(valueFromMessage);
}

function messages(response: CommandResponse, count: number): readonly ValueMessage[] {
  const { values } = ok(response);
  if (values.length !== count) throw unexpected(`${values.length} values instead of ${count}`);
  return values;
}

function entry({ key, value: message }: KvpairMessage): [key: string, value: Value] {
  const value = valueFromMessage(message);
  if (value === null) throw unexpected('a pair without a value');
  return [key, value];
}

function flag(value: Value | null): boolean {
  if (typeof value !== 'boolean') throw unexpected('something else than a boolean');
  return value;
}

function unexpected(what: string): KvError {
  return new KvError('INTERNAL', `The server answered ${what}`);
}
