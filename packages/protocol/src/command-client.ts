import { type Awaitable, isPromise } from './awaitable.js';
import type { QueueLimits } from './bounded-queue.js';
import {
  checkOptions,
  pushedOverflow,
  tableAndChanges,
  tableAndKey,
  tableAndKeys,
  tableAndPages,
  tableAndPair,
  tableAndPairs,
  tableAndWatch,
  topicAndValues,
  topicOrPattern,
} from './call-arguments.js';
import { Cancellations } from './cancellations.js';
import { changeFromMessage } from './change-message.js';
import { DEFAULT_QUEUE_LIMITS } from './default-queue-limits.js';
import { Inbox } from './inbox.js';
import { Inboxes, type PushTarget } from './inboxes.js';
import type { CallOptions, KvClient, Pairs, ScanOptions } from './kv-client.js';
import { ERROR_STATUS, KvError } from './kv-error.js';
import {
  type CommandMessage,
  type CommandName,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  type KvpairMessage,
  type ValueMessage,
} from './messages.js';
import { type Position, positionFromMessage, positionToMessage } from './position.js';
import { responseError } from './response.js';
import type { Message, SubscribeOptions, Subscription, TopicPattern } from './subscription.js';
import { checkText } from './text.js';
import { type Value, valueFromMessage } from './value.js';
import type { Change, ChangePage, Watch } from './watch-item.js';
import type { ChangesOptions, WatchOptions } from './watch-options.js';
import { type CopiedPage, Watching } from './watching.js';

const END = new Uint8Array(0);

/** How many pairs to ask for at a time of a table that is copied: each page has a cost of its own. */
const COPIED_PAIRS = 1000;

/**
 * The commands in terms of one `execute`: what a client in-process and a client over a network have
 * in common. Arguments are checked here, before anything is sent.
 */
export abstract class CommandClient implements KvClient {
  /** The subscriptions. Whoever derives from this brings them what is pushed. */
  protected readonly inboxes: Inboxes = new Inboxes();
  protected readonly cancellations: Cancellations = new Cancellations();

  /**
   * Takes a request to the engine and brings its answer. The options have been checked.
   *
   * @param answered called with the answer as soon as it is there, before anything that was pushed after it
   * is delivered; even if the caller has given up.
   */
  protected abstract execute(
    request: CommandRequest,
    options: CallOptions | undefined,
    answered?: (response: CommandResponse) => void,
  ): Awaitable<CommandResponse>;

  /** Tells the engine, if it can be told, that a subscription has ended here. */
  protected abstract leave(request: CommandRequest): Promise<void>;

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

  async subscribe(
    topic: string | TopicPattern,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    const message = topicOrPattern(topic, options);
    const { signal, timeoutMs, onGap, overflow = 'error' } = options;
    const callOptions = { signal, timeoutMs };
    checkOptions(callOptions);
    const inbox: Inbox<Message> = new Inbox({
      request: commandRequest('subscribe', message),
      topic: message.topic || message.pattern,
      limits: limitsOf(options),
      overflow,
      signal,
      onGap,
      itemOf: messageOf,
      onEnd: () => this.#ended(inbox),
    });
    await this.#enter(inbox, callOptions);
    return inbox;
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

  async watch(table: string, options: WatchOptions = {}): Promise<Watch> {
    const message = tableAndWatch(table, options);
    const { signal, timeoutMs, snapshot = false, overflow = 'catch-up', onGap } = options;
    // It may be the caller's own, who may change it.
    const after = options.after && { ...options.after };
    const callOptions = { signal, timeoutMs };
    checkOptions(callOptions);
    let watching: Watching | undefined;
    let start: Position | undefined;
    const live: Inbox<Change> = new Inbox({
      request: commandRequest('watch', message),
      topic: '',
      limits: limitsOf(options),
      overflow: pushedOverflow(overflow),
      signal,
      onGap: (gap) => watching?.gap(gap),
      itemOf: (response) => changeOf(table, response),
      onEnd: () => this.#ended(live),
    });
    await this.#enter(live, callOptions, ({ position }) => {
      start ??= position && positionFromMessage(position);
    });
    if (start === undefined) {
      await live.unsubscribe();
      throw unexpected('no position');
    }
    // They are not the caller's calls: who watches waits for as long as it takes to connect again.
    const patient = { signal, timeoutMs: Number.POSITIVE_INFINITY, retryReads: true };
    const { key, prefix } = message;
    const scanned = { table, limit: COPIED_PAIRS, prefix: key || prefix, positioned: true };
    watching = new Watching({
      ...{ table, live, start, after, snapshot, overflow, onGap },
      pull: (position) => {
        const asked = { table, key, prefix, after: positionToMessage(position), limit: 0 };
        return this.#changes(asked, patient);
      },
      copy: (cursor) => this.#copiedPage({ ...scanned, cursor }, key, patient),
    });
    return watching;
  }

  async changes(table: string, after: Position, options: ChangesOptions = {}): Promise<ChangePage> {
    const message = tableAndChanges(table, after, options);
    const { signal, timeoutMs, retryReads } = options;
    return this.#changes(message, { signal, timeoutMs, retryReads });
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

  /** Brings a subscription the answer to its request, after which messages come. */
  protected answered(inbox: PushTarget, response: CommandResponse): void {
    const id = valueFromMessage(response.values[0]);
    if (responseError(response) !== undefined || typeof id !== 'bigint') return;
    // Whoever has given up meanwhile is in no need of it.
    if (inbox.ended) void this.#leave(inbox.topic, Number(id));
    else this.inboxes.place(inbox, Number(id));
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

  async #changes(message: CommandMessage<'changes'>, options: CallOptions): Promise<ChangePage> {
    const { table } = message;
    const { page, position } = ok(await this.#call('changes', message, options));
    const changes = page?.changes.map((change) => changeFromMessage(table, change)) ?? [];
    return { changes, position: positionFromMessage(position) };
  }

  /** A page of a table, of which only `key` counts, if it is not empty. */
  async #copiedPage(
    message: CommandMessage<'hscan'>,
    key: string,
    options: CallOptions,
  ): Promise<CopiedPage> {
    const response = await this.#call('hscan', message, options);
    if (response.status === ERROR_STATUS.INVALID_COMMAND && message.cursor.length > 0) {
      const why = 'The table can be copied no further: the server was started anew meanwhile';
      throw new KvError('GONE', why, { cause: responseError(response) });
    }
    const { pairs, position, cursor = END } = ok(response);
    const entries = pairs.map(entry).filter(([each]) => key === '' || each === key);
    return { entries, position: positionFromMessage(position), cursor };
  }

  async #enter(
    inbox: PushTarget,
    options: CallOptions,
    accepted: (response: CommandResponse) => void = () => {},
  ): Promise<void> {
    this.inboxes.add(inbox);
    this.cancellations.watch(inbox);
    try {
      // What became of it on a connection that was lost went with that, so it may be repeated.
      const repeatable = { ...options, retryReads: true };
      const answered = (answer: CommandResponse): void => this.answered(inbox, answer);
      accepted(ok(await this.execute(inbox.request, repeatable, answered)));
      if (inbox.id === undefined && !inbox.ended) throw unexpected('no id of a subscription');
    } catch (error) {
      inbox.fail(error);
      throw error;
    }
  }

  async #ended(inbox: PushTarget): Promise<void> {
    const { id, topic } = inbox;
    this.inboxes.delete(inbox);
    this.cancellations.forget(inbox);
    if (id !== undefined) await this.#leave(topic, id);
  }

  /** Whatever it is answered, nothing of it comes any more. */
  async #leave(topic: string, id: number): Promise<void> {
    await this.leave(commandRequest('unsubscribe', { topic, id })).catch(() => {});
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

function limitsOf({ maxMessages, maxBytes }: SubscribeOptions | WatchOptions): QueueLimits {
  return {
    maxMessages: maxMessages ?? DEFAULT_QUEUE_LIMITS.maxMessages,
    maxBytes: maxBytes ?? DEFAULT_QUEUE_LIMITS.maxBytes,
  };
}

function changeOf(table: string, { change }: CommandResponse): Change {
  if (change === undefined) throw unexpected('no change');
  return changeFromMessage(table, change);
}

function messageOf({ topic = '', values }: CommandResponse): Message {
  return { topic, values: values.map(valueIn) };
}

function valueIn(message: ValueMessage): Value {
  const value = valueFromMessage(message);
  if (value === null) throw unexpected('a message with an empty value');
  return value;
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
