import {
  type Awaitable,
  type ByteWriter,
  type CommandRequest,
  type CommandResponse,
  errorResponse,
  isPromise,
  KvError,
  whenReady,
} from '@kv/protocol';
import { AnswerQueue, type Send } from './answer-queue.js';
import type { CommandContext } from './command-service.js';
import { type AnswerSink, type Deferral, DeferredAnswer } from './deferred-answer.js';
import { Exchange } from './exchange.js';
import type { HookBus } from './hooks/hook-bus.js';
import type { Lane } from './lane/lane.js';
import type { Limits } from './limits.js';
import type { Peer } from './peer.js';
import { type ErrorReporter, RequestLine } from './request-line.js';
import type { LaneRequest } from './storage/storage-lane.js';
import type { PushSink } from './subscriptions/push-sink.js';
import type { Subscription } from './subscriptions/subscription.js';
import { Subscriptions } from './subscriptions/subscriptions.js';
import type { Tally } from './tally.js';

/** What the engine hands to each of its sessions. */
export interface SessionContext {
  readonly hooks: HookBus;
  /** What its commands may use, but for what is the session's own. */
  readonly command: CommandContext & { readonly limits: Limits };
  readonly onError: ErrorReporter;
  readonly tally: Tally;
  /** There if the storage offers one. */
  readonly lane: Lane | undefined;
  /** The longest response that the peer can be sent, in bytes. */
  readonly maxResponseBytes: number;
  /** Why nothing is accepted any more, once the engine is closed. */
  refusal(): KvError | undefined;
}

/** What has become of a request that a session was to answer from its bytes. */
export type LaneOutcome =
  /** Its response has been appended. */
  | 'answered'
  /** It is being carried out, and its response goes to the sink. */
  | 'deferred'
  /** Nothing has been done: it is to be decoded and received. */
  | 'declined';

/** What stands for a request that could not be read. */
const unreadable = (): CommandRequest => ({ requestData: { case: undefined } });

/**
 * One peer at the engine, in-process or behind a transport: its requests go past the hooks and to
 * their commands, and all that belongs to its connection is kept here.
 *
 * A connection lets the session {@link receive}: its requests **start** in the order in which they came
 * (one whose `requestReceived` listeners are still waited for holds back those behind it) and are
 * answered in that order. Callers in the same process {@link execute}: every request starts at once and
 * is answered when its response is ready, whatever becomes of others.
 */
export class Session {
  readonly peer: Peer;
  /** What hooks keep for this peer. */
  readonly state: Map<unknown, unknown> = new Map();

  readonly #context: SessionContext;
  #line: RequestLine;
  /** There if something can be pushed to the peer. */
  #subscriptions: Subscriptions | undefined;
  readonly #onClose: (session: Session) => void;
  /** The latest received request whose start is being waited for; the next one starts after it. */
  #gate: Promise<void> | undefined;
  readonly #answers: AnswerQueue;
  readonly #deferral: Deferral;
  #closed = false;

  /** Sessions are opened by {@link Engine.openSession}. */
  constructor(context: SessionContext, peer: Peer, onClose: (session: Session) => void) {
    this.#context = context;
    this.#line = new RequestLine(context.hooks, context.command, context.onError);
    this.peer = peer;
    this.#onClose = onClose;
    this.#answers = new AnswerQueue(this.#send);
    this.#deferral = {
      queue: this.#answers,
      ended: (answer) => context.tally.ended(answer),
      failed: (error) => this.#line.commandFailed(error),
    };
  }

  /** How many received requests have not been answered yet. */
  get pending(): number {
    return this.#answers.length;
  }

  /**
   * Takes a request to its response, all four hook points included. Never fails: every error is a
   * response.
   *
   * @param answered called with the response, before anything is pushed that comes of the request.
   * @returns the response, at once unless a listener or the storage needs time.
   */
  execute(
    request: CommandRequest,
    answered?: (response: CommandResponse) => void,
  ): Awaitable<CommandResponse> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return errorResponse(refusal);
    if (this.#context.hooks.idle) {
      const response = this.#carryOut(request);
      const opened = this.#subscriptions?.takeOpened();
      return this.#announce(response, opened, answered);
    }
    const exchange = this.#begin(request);
    const responded = this.#respond(exchange, this.#line.received(exchange));
    const delivered = isPromise(responded)
      ? responded.then(() => this.#deliver(exchange))
      : this.#deliver(exchange);
    return whenReady(delivered, (response) => this.#announce(response, exchange.opened, answered));
  }

  /**
   * Takes a request as the bytes of a `CommandRequest`, if there is a storage that answers from these, and
   * nobody listens. If the response is there at once, it is appended to `out`, a `CommandResponse`. A transport that asks
   * this first answers ordinary requests several times as fast.
   *
   * @param place what {@link prefetch} answered for the first of its requests, and one more for each after
   * that; 0 for a request that it was not told of.
   * @param sink for the response that is not there at once, or has to wait for those of earlier requests;
   * without it, such a request is declined.
   */
  answer(
    bytes: Uint8Array,
    start: number,
    end: number,
    out: ByteWriter,
    place = 0,
    sink?: AnswerSink,
  ): LaneOutcome {
    const { hooks, lane, maxResponseBytes } = this.#context;
    if (lane === undefined || !hooks.idle || this.#gate !== undefined) return 'declined';
    if (this.#refusal() !== undefined) return 'declined';
    const isFirst = this.#answers.length === 0;
    if (!isFirst && !lane.defers) return 'declined';
    const { length } = out;
    let request: LaneRequest | undefined;
    try {
      request = lane.read(bytes, start, end, place);
      if (request === undefined) {
        const answered = isFirst && lane.answerMany(bytes, start, end, out, maxResponseBytes);
        return answered ? 'answered' : 'declined';
      }
      if (isFirst && lane.execute(request, out)) return 'answered';
    } catch (error) {
      // The plain path is there all the same.
      out.length = length;
      this.#line.commandFailed(error);
      return 'declined';
    }
    if (sink === undefined || !lane.defers) return 'declined';
    const answer = new DeferredAnswer(this.#deferral, sink);
    if (!lane.defer(request, answer)) return 'declined';
    this.#answers.push(answer);
    return 'deferred';
  }

  /**
   * Is told of requests that will be {@link answer}ed next, in this order and in this tick, if nothing
   * comes between, so that memory can be fetched for all of them at one time. Nothing comes of it but that.
   *
   * @param count how many, {@link MAX_PREFETCH} at the most: from `starts` to `ends` in `bytes`, which must
   * not change until they are answered.
   * @returns the place of the first; 0 if it is no use.
   */
  prefetch(bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array, count: number): number {
    const { hooks, lane } = this.#context;
    return lane !== undefined && hooks.idle ? lane.prefetch(bytes, starts, ends, count) : 0;
  }

  /**
   * Takes a request, and has its response sent when those of all earlier ones have been. Within this
   * call, if nothing has to be waited for.
   *
   * @param send must not throw.
   */
  receive(request: CommandRequest, send: Send): void {
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      this.#answers.add(errorResponse(refusal), undefined, send);
    } else if (this.#context.hooks.idle && this.#gate === undefined) {
      const response = this.#carryOut(request);
      const opened = this.#subscriptions?.takeOpened();
      this.#answers.add(response, undefined, opened === undefined ? send : starting(opened, send));
    } else {
      const exchange = this.#begin(request);
      this.#inTurn(exchange, () => this.#line.received(exchange), send);
    }
  }

  /**
   * Answers, in its turn, what came in place of a request and could not be read. The last two hook
   * points see it as an empty request.
   *
   * @param send must not throw.
   */
  refuse(error: KvError, send: Send): void {
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      this.#answers.add(errorResponse(refusal), undefined, send);
    } else {
      const exchange = this.#begin(unreadable());
      this.#inTurn(exchange, () => exchange.terminate(errorResponse(error)), send);
    }
  }

  /**
   * For a transport to call when a response cannot be put into its protocol, and it sends this error
   * instead, or when it cannot write and cuts the peer: if it is an error whose cause the caller does not
   * see, the engine's `onError` hears of it.
   */
  unsendable(error: KvError): void {
    this.#line.unsendable(error);
  }

  /**
   * For a transport to call, once and before any request, if something can be pushed to its peer: without it,
   * the peer cannot subscribe to anything.
   */
  pushTo(sink: PushSink): void {
    const { hooks, command, onError } = this.#context;
    const { maxSubscriptions, maxWaitingBytesPerPeer: maxWaitingBytes } = command.limits;
    const limits = { maxSubscriptions, maxWaitingBytes };
    // A listener may have taken so long over a request that all has ended meanwhile.
    this.#subscriptions = new Subscriptions(sink, limits, () => this.#refusal());
    const context = { ...command, subscriptions: this.#subscriptions };
    this.#line = new RequestLine(hooks, context, onError);
  }

  /** How many subscriptions the peer has. */
  get subscriptions(): number {
    return this.#subscriptions === undefined ? 0 : this.#subscriptions.size;
  }

  /** For a transport to call when its sink takes more again: what waits is pushed. */
  pushMore(): void {
    this.#subscriptions?.pushMore();
  }

  /**
   * Ends all subscriptions.
   *
   * @param error why, for the peer to be told; without it, the peer hears no more of them, as of one that will
   * subscribe elsewhere.
   */
  unsubscribeAll(error?: KvError): void {
    if (error === undefined) this.#subscriptions?.close();
    else this.#subscriptions?.end(error);
  }

  /**
   * Ends the session and its subscriptions. What is under way goes on, though it opens no subscription; what comes
   * later is refused.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#subscriptions?.close();
    this.#onClose(this);
  }

  /** Why nothing is accepted any more. */
  #refusal(): KvError | undefined {
    if (this.#closed) return new KvError('UNAVAILABLE', 'The session is closed');
    return this.#context.refusal();
  }

  /** A request to which nobody listens: nothing lies between it and its command. */
  #carryOut(request: CommandRequest): Awaitable<CommandResponse> {
    const { tally } = this.#context;
    tally.began(request);
    const response = this.#line.command(request);
    if (isPromise(response)) return response.then(this.#ended);
    tally.ended(response);
    return response;
  }

  readonly #ended = (response: CommandResponse): CommandResponse => {
    this.#context.tally.ended(response);
    return response;
  };

  #begin(request: CommandRequest): Exchange {
    this.#context.tally.began(request);
    return new Exchange(this.peer, this.state, request);
  }

  /** Once it has begun, takes an exchange to its response. */
  #respond(exchange: Exchange, begun: Awaitable<void>): Awaitable<void> {
    const { tally } = this.#context;
    const line = this.#line;
    const responded = isPromise(begun)
      ? begun.then(() => line.respond(exchange))
      : line.respond(exchange);
    if (isPromise(responded)) return responded.then(() => tally.ended(exchange.response));
    tally.ended(exchange.response);
  }

  /** Tells of the response, and then has that begin which comes of it. */
  #announce(
    response: Awaitable<CommandResponse>,
    opened: Subscription | undefined,
    answered: ((response: CommandResponse) => void) | undefined,
  ): Awaitable<CommandResponse> {
    if (opened === undefined && answered === undefined) return response;
    return whenReady(response, (ready) => {
      answered?.(ready);
      if (opened !== undefined) startOrClose(opened, ready);
      return ready;
    });
  }

  /** Hands the response to a caller in this process. */
  #deliver(exchange: Exchange): Awaitable<CommandResponse> {
    const { response } = exchange;
    const sent = this.#line.sent(exchange, undefined);
    return isPromise(sent) ? sent.then(() => response) : response;
  }

  /** Has an exchange begin after those before it, and be answered after them. */
  #inTurn(exchange: Exchange, begin: () => Awaitable<void>, send: Send): void {
    const begun = this.#gate === undefined ? begin() : this.#gate.then(begin);
    if (isPromise(begun)) this.#hold(begun);
    const responded = this.#respond(exchange, begun);
    const response = isPromise(responded)
      ? responded.then(() => exchange.response)
      : exchange.response;
    this.#answers.add(response, exchange, send);
  }

  /** Has those that come later wait until `begun`. */
  #hold(begun: Promise<void>): void {
    const gate = begun.then(() => {
      if (this.#gate === gate) this.#gate = undefined;
    });
    this.#gate = gate;
  }

  readonly #send = (
    response: CommandResponse,
    exchange: Exchange | undefined,
    send: Send,
  ): void => {
    const { hooks } = this.#context;
    const heard = exchange !== undefined && hooks.has('afterResponseSend');
    send(response, heard ? (error) => void this.#line.sent(exchange, error) : undefined);
    if (exchange?.opened !== undefined) startOrClose(exchange.opened, response);
  };
}

/** Sends an answer, and then starts what was opened by what is answered. */
function starting(opened: Subscription, send: Send): Send {
  return (response, sent) => {
    send(response, sent);
    startOrClose(opened, response);
  };
}

/** Of one that a hook has refused after all, the peer has not been told. */
function startOrClose(opened: Subscription, { status }: CommandResponse): void {
  if (status >= 200 && status < 300) opened.start();
  else opened.close();
}
