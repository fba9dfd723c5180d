import type { Duplex } from 'node:stream';
import {
  type Awaitable,
  CommandClient,
  type CommandRequest,
  type CommandResponse,
  cancelledError,
  KvError,
  type PushTarget,
  type RequestOptions,
} from '@kv/protocol';
import { EventEmitter } from 'eventemitter3';
import { reconnectDelay } from './backoff.js';
import { Call } from './call.js';
import { CallQueue } from './call-queue.js';
import { Connection, type Remains } from './connection.js';
import { Deadlines } from './deadlines.js';
import { openStream } from './open-stream.js';
import { type ClientOptions, type Settings, settingsOf } from './options.js';
import { type Opener, openerOf, type Target } from './target.js';

/**
 * How often the time of a call a server may take to put a subscription in place again. By then, one that has answered
 * others first and has been silent since is left, and the next is asked.
 */
const RESUBSCRIBING_TIMES = 2;

/**
 * What a {@link Client} tells of its connection. What a listener throws becomes a warning of the
 * process, and changes nothing.
 */
export interface ClientEvents {
  /** The first connection is there. */
  connect(): void;
  /** The connection is lost; attempts to reconnect follow. */
  disconnect(error: Error | undefined): void;
  /**
   * An attempt to reconnect begins in `delayMs`. The first is number 0; counting starts anew with the
   * loss of a connection over which the server has answered.
   */
  reconnecting(attempt: number, delayMs: number): void;
  /** There is a connection again. */
  reconnect(): void;
}

/**
 * The network client. It keeps one connection and sends every call at once, without waiting for the
 * answers to earlier ones.
 *
 * When the connection is lost, calls that have not been sent wait for the next one; those that have
 * fail with `CONNECTION_LOST`, since nobody knows whether they took effect, unless they only read and
 * may be repeated (`retryReads`). Subscriptions are made anew, and told that messages may be missing.
 */
export class Client extends CommandClient {
  /** Where to listen to what becomes of the connection. */
  readonly events: EventEmitter<ClientEvents> = new EventEmitter();

  readonly #opener: Opener;
  readonly #settings: Settings;
  readonly #deadlines: Deadlines;
  #connection: Connection | undefined;
  /** Calls that wait for a connection. */
  readonly #queue: CallQueue = new CallQueue();
  /** Subscriptions that are not in place any more, and will be with the next connection. */
  readonly #absent: Set<PushTarget> = new Set();
  #state: 'idle' | 'connecting' | 'connected' | 'closed' = 'idle';
  /** The number of the next attempt to reconnect. */
  #attempt = 0;
  #reconnectTimer: NodeJS.Timeout | undefined;
  readonly #closing: AbortController = new AbortController();

  /**
   * @throws {TypeError} if the target is nothing that can be connected to, and for an option that there is not.
   * @throws {RangeError} for an option that is not what it must be.
   */
  constructor(target: Target, options: ClientOptions = {}) {
    super();
    this.#opener = openerOf(target, options.tls);
    this.#settings = settingsOf(options);
    this.#deadlines = new Deadlines(
      () => [...this.#queue, ...(this.#connection?.calls ?? [])],
      () => this.#connection?.destroyIfSilent(),
    );
  }

  /**
   * Connects, once. From then on the client reconnects by itself until it is closed.
   *
   * @throws {KvError} `UNAVAILABLE` if the server cannot be reached; it may be tried again.
   */
  async connect(): Promise<void> {
    if (this.#state !== 'idle') throw new KvError('UNAVAILABLE', `The client is ${this.#state}`);
    this.#state = 'connecting';
    try {
      this.#attach(await this.#open());
    } catch (error) {
      if (this.#state === 'connecting') this.#state = 'idle';
      this.#failQueue(KvError.from(error));
      throw error;
    }
    this.#emit('connect');
  }

  protected override execute(
    request: CommandRequest,
    options: RequestOptions = {},
    answered?: (response: CommandResponse) => void,
  ): Awaitable<CommandResponse> {
    this.#checkOpen();
    if (options.isOwn !== true) this.#checkPending();
    if (options.signal?.aborted) throw cancelledError(options.signal);
    const call = this.#call(request, options, answered);
    this.#send(call);
    return call.promise;
  }

  /** On another connection, the id would be another subscription's. */
  protected override async leave(request: CommandRequest): Promise<void> {
    const call = this.#call(request, { retryReads: false, isOwn: true });
    call.pinned = true;
    if (this.#connection === undefined) call.fail(lost(undefined));
    else this.#send(call);
    await call.promise;
  }

  #call(
    request: CommandRequest,
    { signal, timeoutMs, retryReads, isOwn = false }: RequestOptions,
    answered?: (response: CommandResponse) => void,
  ): Call {
    const { timeoutMs: defaultMs, retryReads: retryByDefault } = this.#settings;
    const call = new Call(
      request,
      timeoutMs ?? defaultMs,
      retryReads ?? retryByDefault,
      signal,
      this.#forget,
      answered,
    );
    call.isOwn = isOwn;
    this.cancellations.watch(call);
    this.#deadlines.watch(call);
    return call;
  }

  override async close(): Promise<void> {
    // Of those in place, the server learns by the end of the connection.
    this.inboxes.displaceAll();
    this.inboxes.close();
    this.#state = 'closed';
    this.#closing.abort();
    clearTimeout(this.#reconnectTimer);
    this.#failQueue(new KvError('UNAVAILABLE', 'The client is closed'));
    await this.#connection?.end();
    this.#deadlines.stop();
  }

  #checkOpen(): void {
    if (this.#state === 'closed') throw new KvError('UNAVAILABLE', 'The client is closed');
    if (this.#state === 'idle') throw new KvError('UNAVAILABLE', 'The client is not connected');
  }

  #checkPending(): void {
    const pending = this.#queue.pending + (this.#connection?.pending ?? 0);
    if (pending >= this.#settings.maxPending) {
      throw new KvError('TOO_MANY_REQUESTS', `${pending} calls are waiting for their answers`);
    }
  }

  #open(): Promise<Duplex> {
    return openStream(this.#opener, this.#settings.connectTimeoutMs, this.#closing.signal);
  }

  #attach(stream: Duplex): void {
    if (this.#state === 'closed') {
      stream.destroy();
      throw new KvError('UNAVAILABLE', 'The client is closed');
    }
    if (stream.destroyed) {
      const message = `Cannot reach ${this.#opener.name}: it was closed at once`;
      throw new KvError('UNAVAILABLE', message, { cause: stream.errored ?? undefined });
    }
    this.#connection = new Connection(
      stream,
      this.#settings,
      (push) => this.#deliver(push),
      (remains) => this.#onClose(remains),
    );
    this.#state = 'connected';
    // Calls that wait may publish what is subscribed to.
    for (const inbox of this.#absent) void this.#enterAgain(inbox);
    for (const call of this.#queue.takeAll()) this.#send(call);
  }

  /** Asks for a subscription on the connection that there is now; if that is lost first, on the next. */
  async #enterAgain(inbox: PushTarget): Promise<void> {
    this.#absent.delete(inbox);
    if (inbox.ended) return;
    const connection = this.#connection;
    const timeoutMs = RESUBSCRIBING_TIMES * this.#settings.timeoutMs;
    const call = this.#call(inbox.request, { timeoutMs, isOwn: true }, (answer) => {
      this.answered(inbox, answer);
      if (inbox.id !== undefined) inbox.interrupt();
    });
    call.pinned = true;
    this.#send(call);
    try {
      await call.promise;
    } catch (error) {
      const { code } = KvError.from(error);
      const isLost = code === 'CONNECTION_LOST' || (code === 'TIMEOUT' && connection?.destroyed);
      if (!isLost) inbox.fail(error);
      else if (!inbox.ended) this.#absent.add(inbox);
    }
  }

  #deliver(push: CommandResponse): void {
    this.inboxes.deliver(push.subscription as number, push, push.missed ?? 0);
  }

  #send(call: Call): void {
    if (this.#connection === undefined) {
      this.#queue.add(call);
      return;
    }
    try {
      this.#connection.send(call);
    } catch (error) {
      call.fail(KvError.from(error));
    }
  }

  #onClose({ error, answered, unanswered, unsent }: Remains): void {
    this.#connection = undefined;
    for (const inbox of this.inboxes.displaceAll()) this.#absent.add(inbox);
    const closed = this.#state === 'closed';
    for (const call of unanswered) {
      if (call.repeatable && !call.pinned && !closed) this.#requeue(call);
      else call.fail(lost(error));
    }
    for (const call of unsent) {
      if (call.pinned) call.fail(lost(error));
      else this.#requeue(call);
    }
    if (closed) {
      this.#failQueue(new KvError('UNAVAILABLE', 'The client is closed'));
      return;
    }
    this.#state = 'connecting';
    // A server that accepts connections only to drop them is not back.
    if (answered) this.#attempt = 0;
    this.#emit('disconnect', error);
    this.#reconnectLater();
  }

  #requeue(call: Call): void {
    if (!call.settled) this.#queue.add(call);
  }

  #reconnectLater(): void {
    if (this.#state === 'closed') return;
    const { minReconnectDelayMs, maxReconnectDelayMs } = this.#settings;
    const attempt = this.#attempt++;
    const delayMs = reconnectDelay(attempt, minReconnectDelayMs, maxReconnectDelayMs);
    this.#reconnectTimer = setTimeout(() => void this.#reconnect(), delayMs);
    this.#emit('reconnecting', attempt, delayMs);
  }

  async #reconnect(): Promise<void> {
    try {
      this.#attach(await this.#open());
    } catch {
      this.#reconnectLater();
      return;
    }
    this.#emit('reconnect');
  }

  #failQueue(error: KvError): void {
    for (const call of this.#queue) call.fail(error);
  }

  /** Lets go of a settled call. One that was sent keeps its place until its answer comes. */
  readonly #forget = (call: Call): void => {
    this.#queue.delete(call);
    this.cancellations.forget(call);
  };

  #emit<Event extends keyof ClientEvents>(
    event: Event,
    ...args: EventEmitter.EventArgs<ClientEvents, Event>
  ): void {
    try {
      this.events.emit(event, ...args);
    } catch (error) {
      // Thrown on, it would end the process or keep the client from reconnecting.
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  }
}

/**
 * Connects to a server.
 *
 * @throws {KvError} `UNAVAILABLE` if it cannot be reached.
 * @throws {TypeError} if the target is nothing that can be connected to, and for an option that there is not.
 * @throws {RangeError} for an option that is not what it must be.
 */
export async function connect(target: Target, options?: ClientOptions): Promise<Client> {
  const client = new Client(target, options);
  await client.connect();
  return client;
}

function lost(cause: Error | undefined): KvError {
  return new KvError(
    'CONNECTION_LOST',
    'The connection was lost before the answer came: the command may or may not have taken effect',
    { cause },
  );
}
