import {
  type Awaitable,
  type CommandRequest,
  type CommandResponse,
  errorResponse,
  Fifo,
  isPromise,
  KvError,
  whenReady,
} from '@kv/protocol';
import { Exchange } from './exchange.js';
import type { HookBus } from './hooks/hook-bus.js';
import type { Peer } from './peer.js';
import type { RequestLine } from './request-line.js';
import type { Tally } from './tally.js';

/** To be called when a response is with the kernel, or with the reason why it never will be. */
export type Sent = (error?: Error) => void;

/**
 * Sends a response to the peer. Called in the order of the requests. `sent` is there only if somebody
 * waits to hear. It must not throw: what cannot be sent is told to `sent`.
 */
export type Send = (response: CommandResponse, sent: Sent | undefined) => void;

/** What the engine hands to each of its sessions. */
export interface SessionContext {
  readonly hooks: HookBus;
  readonly line: RequestLine;
  readonly tally: Tally;
  /** Why nothing is accepted any more, once the engine is closed. */
  refusal(): KvError | undefined;
}

/** A response, and the exchange it ends if hooks are to hear of its sending. */
interface Answer {
  readonly response: CommandResponse;
  readonly exchange: Exchange | undefined;
}

/** A place in the order of answers; the answer may still have to come. */
interface Slot {
  answer: Answer | undefined;
  readonly send: Send;
}

/** Whether a request waits for the ones before it to have started. */
type Start = 'at once' | 'in turn';

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
  readonly #onClose: (session: Session) => void;
  /** The latest received request whose start is being waited for; the next one starts after it. */
  #gate: Promise<void> | undefined;
  readonly #slots: Fifo<Slot> = new Fifo();
  #closed = false;

  /** Sessions are opened by {@link Engine.openSession}. */
  constructor(context: SessionContext, peer: Peer, onClose: (session: Session) => void) {
    this.#context = context;
    this.peer = peer;
    this.#onClose = onClose;
  }

  /** How many received requests have not been answered yet. */
  get pending(): number {
    return this.#slots.length;
  }

  /**
   * Takes a request to its response, all four hook points included. Never fails: every error is a
   * response.
   *
   * @returns the response, at once unless a listener or the storage needs time.
   */
  execute(request: CommandRequest): Awaitable<CommandResponse> {
    return whenReady(this.#answer(request, 'at once'), ({ response, exchange }) => {
      if (exchange === undefined) return response;
      return whenReady(this.#context.line.sent(exchange, undefined), () => response);
    });
  }

  /**
   * Takes a request, and has its response sent when those of all earlier ones have been. Within this
   * call, if nothing has to be waited for.
   *
   * @param send must not throw.
   */
  receive(request: CommandRequest, send: Send): void {
    this.#enqueue(this.#answer(request, 'in turn'), send);
  }

  /**
   * Answers, in its turn, what came in place of a request and could not be read. The last two hook
   * points see it as an empty request.
   *
   * @param send must not throw.
   */
  refuse(error: KvError, send: Send): void {
    this.#enqueue(this.#answer(unreadable(), 'in turn', error), send);
  }

  /**
   * For a transport to call when a response cannot be put into its protocol, and it sends this error
   * instead: if it is one whose cause the caller does not see, the engine's `onError` hears of it.
   */
  unsendable(error: KvError): void {
    this.#context.line.unsendable(error);
  }

  /** Ends the session. What is under way goes on; what comes later is refused. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose(this);
  }

  #answer(request: CommandRequest, start: Start, refusal?: KvError): Awaitable<Answer> {
    const closed = this.#closed
      ? new KvError('UNAVAILABLE', 'The session is closed')
      : this.#context.refusal();
    if (closed !== undefined) return { response: errorResponse(closed), exchange: undefined };
    const { tally, hooks, line } = this.#context;
    tally.began(request);
    const waits = start === 'in turn' && this.#gate !== undefined;
    const answer =
      hooks.idle && !waits && refusal === undefined
        ? whenReady(line.command(request), withoutHooks)
        : this.#passHooks(request, start, refusal);
    return whenReady(answer, (ready) => {
      tally.ended(ready.response);
      return ready;
    });
  }

  #passHooks(request: CommandRequest, start: Start, refusal?: KvError): Awaitable<Answer> {
    const { line } = this.#context;
    const exchange = new Exchange(this.peer, this.state, request);
    const begin = (): Awaitable<void> => {
      if (refusal === undefined) return line.received(exchange);
      exchange.terminate(errorResponse(refusal));
    };
    const begun = start === 'in turn' ? this.#inTurn(begin) : begin();
    const responded = whenReady(begun, () => line.respond(exchange));
    return whenReady(responded, () => ({ response: exchange.response, exchange }));
  }

  #inTurn(begin: () => Awaitable<void>): Awaitable<void> {
    const begun = this.#gate === undefined ? begin() : this.#gate.then(begin);
    if (!isPromise(begun)) return;
    const gate = begun.then(() => {
      if (this.#gate === gate) this.#gate = undefined;
    });
    this.#gate = gate;
    return begun;
  }

  #enqueue(answer: Awaitable<Answer>, send: Send): void {
    if (!isPromise(answer) && this.#slots.length === 0) {
      this.#send(answer, send);
      return;
    }
    const slot: Slot = { answer: undefined, send };
    this.#slots.push(slot);
    void whenReady(answer, (ready) => {
      slot.answer = ready;
      this.#sendReady();
    });
  }

  #sendReady(): void {
    for (let slot = this.#slots.peek(); slot?.answer !== undefined; slot = this.#slots.peek()) {
      this.#slots.shift();
      this.#send(slot.answer, slot.send);
    }
  }

  #send({ response, exchange }: Answer, send: Send): void {
    const { hooks, line } = this.#context;
    const heard = exchange !== undefined && hooks.has('afterResponseSend');
    send(response, heard ? (error) => void line.sent(exchange, error) : undefined);
  }
}

function withoutHooks(response: CommandResponse): Answer {
  return { response, exchange: undefined };
}
