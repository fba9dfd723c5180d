import {
  COMMAND_EFFECT,
  type CommandRequest,
  type CommandResponse,
  KvError,
  timeoutError,
} from '@kv/protocol';

/** One call, of the application or of the client itself: settled once, by an answer or by an error. */
export class Call {
  readonly request: CommandRequest;
  /** What gives it up, through `Cancellations`. */
  readonly signal: AbortSignal | undefined;
  /** When it was made, by `performance.now()`. */
  readonly madeAt: number = performance.now();
  /** When it times out, by `performance.now()`. */
  readonly deadline: number;
  /** Whether it may be sent again if the connection is lost. */
  readonly repeatable: boolean;
  /** Whether it was handed to a connection, so that the server may know of it. */
  sent = false;
  /** Whether it makes sense on this one connection alone. */
  pinned = false;
  /** Whether it is the client's own, which takes nothing from what the application may have under way. */
  isOwn = false;
  readonly promise: Promise<CommandResponse>;
  #resolve!: (response: CommandResponse) => void;
  #reject!: (error: KvError) => void;
  readonly #timeoutMs: number;
  readonly #onSettled: (call: Call) => void;
  readonly #onAnswer: ((response: CommandResponse) => void) | undefined;
  #settled = false;

  /**
   * @param onSettled called once, when nobody waits for it any more.
   * @param onAnswer called with the answer as soon as it is there, even if nobody waits for it any more.
   */
  constructor(
    request: CommandRequest,
    timeoutMs: number,
    retryReads: boolean,
    signal: AbortSignal | undefined,
    onSettled: (call: Call) => void,
    onAnswer?: (response: CommandResponse) => void,
  ) {
    this.request = request;
    this.#timeoutMs = timeoutMs;
    this.deadline = this.madeAt + timeoutMs;
    const { case: name } = request.requestData;
    this.repeatable = retryReads && name !== undefined && COMMAND_EFFECT[name] === 'read';
    this.signal = signal;
    this.#onSettled = onSettled;
    this.#onAnswer = onAnswer;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Whether nobody waits for it any more. An answer that still comes is thrown away. */
  get settled(): boolean {
    return this.#settled;
  }

  answer(response: CommandResponse): void {
    this.#onAnswer?.(response);
    if (this.#settle()) this.#resolve(response);
  }

  fail(error: KvError): void {
    if (this.#settle()) this.#reject(error);
  }

  timeOut(): void {
    this.fail(this.sent ? timeoutError(this.#timeoutMs) : neverSent(this.#timeoutMs));
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#onSettled(this);
    return true;
  }
}

function neverSent(timeoutMs: number): KvError {
  return new KvError('TIMEOUT', `No answer within ${timeoutMs} ms: the command was never sent`);
}
