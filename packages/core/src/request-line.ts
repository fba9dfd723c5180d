import {
  type Awaitable,
  type CommandRequest,
  type CommandResponse,
  errorResponse,
  isPromise,
  KvError,
} from '@kv/protocol';
import type { CommandContext } from './command-service.js';
import { dispatch } from './dispatch.js';
import type { Exchange } from './exchange.js';
import type { HookBus } from './hooks/hook-bus.js';
import type { HookName } from './hooks/hook-events.js';

/**
 * Where an error of the engine's own side came up: at a hook point, in the command, or when a transport
 * was to send the response.
 */
export type ErrorOrigin = HookName | 'command' | 'send';

/**
 * Told of every error that a caller sees only as `INTERNAL` or `STORAGE_FAILURE`, with its cause. Nobody
 * waits for it; what it throws or rejects becomes a warning of the process.
 */
export type ErrorReporter =
  // Two types, for to one of `void | Promise<void>` a function that returns a number is no `void`.
  | ((error: KvError, origin: ErrorOrigin) => void)
  | ((error: KvError, origin: ErrorOrigin) => Promise<void>);

/**
 * What happens between a request and its response: the hook points, and the command between them.
 * Nothing here fails; every error becomes a response. Nothing here returns a promise unless a listener
 * or the storage did.
 */
export class RequestLine {
  readonly #hooks: HookBus;
  readonly #context: CommandContext;
  readonly #report: ErrorReporter;

  constructor(hooks: HookBus, context: CommandContext, report: ErrorReporter) {
    this.#hooks = hooks;
    this.#context = context;
    this.#report = report;
  }

  /** Carries out a request with no hooks around it. */
  command(request: CommandRequest): Awaitable<CommandResponse> {
    try {
      const response = dispatch(request, this.#context);
      return isPromise(response) ? response.catch(this.commandFailed) : response;
    } catch (error) {
      return this.commandFailed(error);
    }
  }

  /** What a command is answered that failed. */
  readonly commandFailed = (error: unknown): CommandResponse => this.#failure(error, 'command');

  /** `requestReceived`. Afterwards the exchange is answered if a listener ended the request. */
  received(exchange: Exchange): Awaitable<void> {
    return this.#pass('requestReceived', exchange, isAnswered);
  }

  /** From there to `beforeResponseSend`: whatever the exchange has as its response is to be sent. */
  respond(exchange: Exchange): Awaitable<void> {
    const executed = exchange.answered ? undefined : this.#execute(exchange);
    return isPromise(executed)
      ? executed.then(() => this.#pass('beforeResponseSend', exchange))
      : this.#pass('beforeResponseSend', exchange);
  }

  /** `afterResponseSend`. */
  sent(exchange: Exchange, error: Error | undefined): Awaitable<void> {
    exchange.sent(error);
    return this.#pass('afterResponseSend', exchange);
  }

  /** Hears of a response that cannot be sent: the caller is sent `error` instead, or nothing any more. */
  unsendable(error: KvError): void {
    this.#tell(error, 'send');
  }

  #execute(exchange: Exchange): Awaitable<void> {
    exchange.executing();
    const response = this.command(exchange.request);
    exchange.opened = this.#context.subscriptions?.takeOpened();
    return isPromise(response)
      ? response.then((ready) => this.#executed(exchange, ready))
      : this.#executed(exchange, response);
  }

  #executed(exchange: Exchange, response: CommandResponse): Awaitable<void> {
    exchange.executed(response);
    return this.#pass('requestExecuted', exchange);
  }

  /** @param stop ends it early: the listeners that are left are not called. */
  #pass(
    name: HookName,
    exchange: Exchange,
    stop?: (exchange: Exchange) => boolean,
  ): Awaitable<void> {
    if (!this.#hooks.has(name)) return;
    try {
      const running = this.#hooks.run(name, exchange, stop);
      if (isPromise(running)) {
        return running.catch((error: unknown) => this.#hookFailed(name, exchange, error));
      }
    } catch (error) {
      this.#hookFailed(name, exchange, error);
    }
  }

  #hookFailed(name: HookName, exchange: Exchange, error: unknown): void {
    const response = this.#failure(error, name);
    // At the last hook point the response is what was sent, whatever a listener throws.
    if (name !== 'afterResponseSend') exchange.response = response;
  }

  #failure(thrown: unknown, origin: ErrorOrigin): CommandResponse {
    const error = KvError.from(thrown);
    this.#tell(error, origin);
    return errorResponse(error);
  }

  /** Reports an error whose cause the caller does not see. A reporter that fails must do no more harm. */
  #tell(error: KvError, origin: ErrorOrigin): void {
    if (error.code !== 'INTERNAL' && error.code !== 'STORAGE_FAILURE') return;
    try {
      const telling = this.#report(error, origin);
      if (isPromise(telling)) Promise.resolve(telling).catch(warn);
    } catch (thrown) {
      warn(thrown);
    }
  }
}

function isAnswered(exchange: Exchange): boolean {
  return exchange.answered;
}

function warn(thrown: unknown): void {
  process.emitWarning(thrown instanceof Error ? thrown : String(thrown));
}
