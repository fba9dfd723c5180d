import { type Awaitable, isPromise } from './awaitable.js';
import { allValues, checkPage, entry, flag, ok, onlyValue, unexpected } from './call-answers.js';
import {
  checkOptions,
  tableAndChanges,
  tableAndKey,
  tableAndKeys,
  tableAndPages,
  tableAndPair,
  tableAndPairs,
  topicAndValues,
} from './call-arguments.js';
import type { CallOptions, CommandMethods, Pairs, ScanOptions } from './kv-client.js';
import {
  type CommandMessage,
  type CommandName,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
} from './messages.js';
import { type Position, positionFromMessage, positionToMessage } from './position.js';
import { readChanges } from './read-changes.js';
import { checkText } from './text.js';
import type { Value } from './value.js';
import type { ChangePage } from './watch-item.js';
import type { ChangesOptions } from './watch-options.js';

const END = new Uint8Array(0);

/** What is said of a request. */
export interface RequestOptions extends CallOptions {
  /** Whether it is the client's own, and no call of the application, on which there are limits. */
  readonly isOwn?: boolean | undefined;
}

/**
 * The commands that are answered once, and then over, in terms of one `execute`. Arguments are checked here,
 * before anything is sent.
 */
export abstract class CommandCalls implements Omit<CommandMethods, 'subscribe' | 'watch'> {
  /**
   * Takes a request to the engine and brings its answer. The options have been checked.
   *
   * @param answered called with the answer as soon as it is there, before anything that was pushed after it
   * is delivered; even if the caller has given up.
   */
  protected abstract execute(
    request: CommandRequest,
    options: RequestOptions | undefined,
    answered?: (response: CommandResponse) => void,
  ): Awaitable<CommandResponse>;

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

  async publish(
    topic: string,
    values: Value | readonly Value[],
    options?: CallOptions,
  ): Promise<number> {
    const sent = this.#call('publish', topicAndValues(topic, values), options);
    const { delivered } = ok(isPromise(sent) ? await sent : sent);
    if (delivered === undefined) throw unexpected('no number of subscriptions');
    return delivered;
  }

  async changes(table: string, after: Position, options: ChangesOptions = {}): Promise<ChangePage> {
    const message = tableAndChanges(table, after, options);
    const { signal, timeoutMs, retryReads, onTooLarge } = options;
    const callOptions = { signal, timeoutMs, retryReads };
    const ask = (position: Position): Awaitable<CommandResponse> =>
      this.#call('changes', { ...message, after: positionToMessage(position) }, callOptions);
    return readChanges(table, positionFromMessage(message.after), ask, onTooLarge);
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
