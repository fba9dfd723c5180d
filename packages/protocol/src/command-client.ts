import { messageOf, pushedOf, unexpected } from './call-answers.js';
import { checkOptions, pushedOverflow, tableAndWatch, topicOrPattern } from './call-arguments.js';
import { Cancellations } from './cancellations.js';
import { CommandCalls } from './command-calls.js';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { DEFAULT_QUEUE_LIMITS } from './default-queue-limits.js';
import { Inbox } from './inbox.js';
import { Inboxes, type PushTarget } from './inboxes.js';
import type { CallOptions, KvClient } from './kv-client.js';
import type { KvError } from './kv-error.js';
import { type CommandRequest, type CommandResponse, commandRequest } from './messages.js';
import { type Position, positionFromMessage } from './position.js';
import { responseError } from './response.js';
import type { Message, SubscribeOptions, Subscription, TopicPattern } from './subscription.js';
import { valueFromMessage } from './value.js';
import type { QueueLimits } from './waiting-queue.js';
import type { Pushed, Watch } from './watch-item.js';
import type { WatchOptions } from './watch-options.js';
import { WatchReader } from './watch-reader.js';
import { Watching } from './watching.js';

/**
 * How many pages all watches of a client read at a time. Each may have as much as a MiB, which the application's own
 * answers wait behind; and each makes the server read its history.
 */
const MAX_READS = 16;

/**
 * The commands in terms of one `execute`: what a client in-process and a client over a network have
 * in common. Those that are answered once are {@link CommandCalls}; those that go on are subscriptions, which
 * are kept here. Arguments are checked before anything is sent.
 */
export abstract class CommandClient extends CommandCalls implements KvClient {
  /** The subscriptions. Whoever derives from this brings them what is pushed. */
  protected readonly inboxes: Inboxes = new Inboxes();
  protected readonly cancellations: Cancellations = new Cancellations();
  readonly #reads: ConcurrencyLimit = new ConcurrencyLimit(MAX_READS, this.cancellations);

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
    const reader = new WatchReader(
      message,
      (request, signal) => this.#read(request, signal),
      options.onTooLarge,
    );
    const live: Inbox<Pushed> = new Inbox({
      request: commandRequest('watch', message),
      topic: '',
      limits: limitsOf(options),
      overflow: pushedOverflow(overflow),
      signal,
      onGap: (gap) => watching?.gap(gap),
      isNote: ({ change }) => change === undefined,
      itemOf: (response) => pushedOf(table, response),
      onEnd: () => {
        reader.end();
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
    const { key } = message;
    const parts = { table, key, live, start, after, snapshot, overflow, onGap, reader };
    watching = new Watching(parts);
    return watching;
  }

  /**
   * Brings a subscription the answer to its request: messages come after it; or it has ended.
   *
   * @returns why, if it was refused.
   */
  protected answered(inbox: PushTarget, response: CommandResponse): KvError | undefined {
    const id = valueFromMessage(response.values[0]);
    const isId = typeof id === 'bigint';
    const refusal =
      responseError(response) ?? (isId ? undefined : unexpected('no id of a subscription'));
    // Whoever has given up meanwhile is in no need of it.
    if (refusal !== undefined) inbox.fail(refusal);
    else if (inbox.ended) void this.#leave(inbox.topic, Number(id));
    else this.inboxes.place(inbox, Number(id));
    return refusal;
  }

  /** Closes it, at the end of the block that holds it by `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Reads for a watch. These are no calls of the application: they wait for as long as it takes to connect again, and
   * for one another.
   */
  #read(request: CommandRequest, signal: AbortSignal): Promise<CommandResponse> {
    const options = { signal, timeoutMs: Number.POSITIVE_INFINITY, retryReads: true, isOwn: true };
    return this.#reads.run(() => this.execute(request, options), signal);
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
      let refusal: KvError | undefined;
      const response = await this.execute(inbox.request, repeatable, (answer) => {
        refusal = this.answered(inbox, answer);
      });
      if (refusal !== undefined) throw refusal;
      accepted(response);
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
