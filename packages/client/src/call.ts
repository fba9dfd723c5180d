import {
  COMMAND_EFFECT,
  type CommandRequest,
  type CommandResponse,
  cancelledError,
  type KvError,
  timeoutError,
} from '@kv/protocol';

/** One call of the application: settled once, by an answer or by an error. */
export class Call {
  readonly request: CommandRequest;
  /** When it times out, by `performance.now()`. */
  readonly deadline: number;
  /** Whether it may be sent again if the connection is lost. */
  readonly repeatable: boolean;
  readonly promise: Promise<CommandResponse>;
  #resolve!: (response: CommandResponse) => void;
  #reject!: (error: KvError) => void;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  #settled = false;

  constructor(
    request: CommandRequest,
    timeoutMs: number,
    retryReads: boolean,
    signal: AbortSignal | undefined,
  ) {
    this.request = request;
    this.#timeoutMs = timeoutMs;
    this.deadline = performance.now() + timeoutMs;
    const { case: name } = request.requestData;
    this.repeatable = retryReads && name !== undefined && COMMAND_EFFECT[name] === 'read';
    this.#signal = signal;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Whether nobody waits for it any more. An answer that still comes is thrown away. */
  get settled(): boolean {
    return this.#settled;
  }

  answer(response: CommandResponse): void {
    if (this.#settle()) this.#resolve(response);
  }

  fail(error: KvError): void {
    if (this.#settle()) this.#reject(error);
  }

  timeOut(): void {
    this.fail(timeoutError(this.#timeoutMs));
  }

  readonly #onAbort = (): void => this.fail(cancelledError(this.#signal));

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}
