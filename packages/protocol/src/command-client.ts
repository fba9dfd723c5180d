import type { QueueLimits } from './bounded-queue.js';
import { changeOf, changePage, entry, messageOf, ok, unexpected } from './call-answers.js';
import { checkOptions, pushedOverflow, tableAndWatch, topicOrPattern } from './call-arguments.js';
import { Cancellations } from './cancellations.js';
import { CommandCalls } from './command-calls.js';
import { DEFAULT_QUEUE_LIMITS } from './default-queue-limits.js';
import { Inbox } from './inbox.js';
import { Inboxes, type PushTarget } from './inboxes.js';
import type { CallOptions, KvClient } from './kv-client.js';
import { ERROR_STATUS, KvError } from './kv-error.js';
import {
  type CommandMessage,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
} from './messages.js';
import { type Position, positionFromMessage, positionToMessage } from './position.js';
import { responseError } from './response.js';
import type { Message, SubscribeOptions, Subscription, TopicPattern } from './subscription.js';
import { valueFromMessage } from './value.js';
import type { Change, Watch } from './watch-item.js';
import type { WatchOptions } from './watch-options.js';
import { type CopiedPage, Watching } from './watching.js';

const END = new Uint8Array(0);

/** How many pairs to ask for at a time of a table that is copied: each page has a cost of its own. */
const COPIED_PAIRS = 1000;

/**
 * The commands in terms of one `execute`: what a client in-process and a client over a network have
 * in common. Those that are answered once are {@link CommandCalls}; those that go on are subscriptions, which
 * are kept here. Arguments are checked before anything is sent.
 */
export abstract class CommandClient extends CommandCalls implements KvClient {
  /** The subscriptions. Whoever derives from this brings them what is pushed. */
  protected readonly inboxes: Inboxes = new Inboxes();
  protected readonly cancellations: Cancellations = new Cancellations();

  /** Tells the engine, if it can be told, that a subscription has ended here. */
  protected abstract leave(request: CommandRequest): Promise<void>;

  abstract close(): Promise<void>;

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

  async watch(table: string, options: WatchOptions = {}): Promise<Watch> {
    const message = tableAndWatch(table, options);
    const { signal, timeoutMs, snapshot = false, overflow = 'catch-up', onGap } = options;
    // It may be the caller's own, who may change it.
    const after = options.after && { ...options.after };
    const callOptions = { signal, timeoutMs };
    checkOptions(callOptions);
    let watching: Watching | undefined;
    let start: Position | undefined;
    const end = new AbortController();
    const live: Inbox<Change> = new Inbox({
      request: commandRequest('watch', message),
      topic: '',
      limits: limitsOf(options),
      overflow: pushedOverflow(overflow),
      signal,
      onGap: (gap) => watching?.gap(gap),
      itemOf: (response) => changeOf(table, response),
      onEnd: () => {
        end.abort();
        return this.#ended(live);
      },
    });
    await this.#enter(live, callOptions, ({ position }) => {
      start ??= position && positionFromMessage(position);
    });
    if (start === undefined) {
      await live.unsubscribe();
      throw unexpected('no position');
    }
    // They are not the caller's calls: who watches waits for as long as it takes to connect again. When it has ended,
    // nobody waits any more.
    const patient = { signal: end.signal, timeoutMs: Number.POSITIVE_INFINITY, retryReads: true };
    const { key, prefix } = message;
    const scanned = { table, limit: COPIED_PAIRS, prefix: key || prefix, positioned: true };
    watching = new Watching({
      ...{ table, live, start, after, snapshot, overflow, onGap },
      pull: async (position) => {
        const asked = { table, key, prefix, after: positionToMessage(position), limit: 0 };
        const request = commandRequest('changes', asked);
        return changePage(table, await this.execute(request, patient));
      },
      copy: (cursor) => this.#copiedPage({ ...scanned, cursor }, key, patient),
    });
    return watching;
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

  /** A page of a table, of which only `key` counts, if it is not empty. */
  async #copiedPage(
    message: CommandMessage<'hscan'>,
    key: string,
    options: CallOptions,
  ): Promise<CopiedPage> {
    const response = await this.execute(commandRequest('hscan', message), options);
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
}

function limitsOf({ maxMessages, maxBytes }: SubscribeOptions | WatchOptions): QueueLimits {
  return {
    maxMessages: maxMessages ?? DEFAULT_QUEUE_LIMITS.maxMessages,
    maxBytes: maxBytes ?? DEFAULT_QUEUE_LIMITS.maxBytes,
  };
}
