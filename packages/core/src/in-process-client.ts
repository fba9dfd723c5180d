import { setImmediate } from 'node:timers/promises';
import {
  type Awaitable,
  type CallOptions,
  CommandClient,
  type CommandRequest,
  type CommandResponse,
  cancelledError,
  isPromise,
  KvError,
  MAX_TIMER_MS,
  timeoutError,
  type ValueMessage,
} from '@kv/protocol';
import type { Session } from './session.js';

/**
 * The client of an application that has the engine in its own process: a session without a socket. The pages
 * of a scan are asked for one in a turn of the event loop, so that a scan makes nobody else wait for all of it.
 */
export class InProcessClient extends CommandClient {
  readonly #session: Session;
  readonly #underWay: Set<Promise<CommandResponse>> = new Set();
  #closed = false;

  /** Clients are made by {@link Engine.client}. */
  constructor(session: Session) {
    super();
    this.#session = session;
    session.pushTo({
      // What waits, waits in the subscriber's own queue.
      ready: true,
      push: ({ response }, subscription, missed) => {
        this.inboxes.deliver(subscription, ownCopy(response), missed);
        return true;
      },
    });
  }

  protected override execute(
    request: CommandRequest,
    options: CallOptions | undefined,
    answered?: (response: CommandResponse) => void,
  ): Awaitable<CommandResponse> {
    if (this.#closed) throw new KvError('UNAVAILABLE', 'The client is closed');
    if (options?.signal?.aborted) throw cancelledError(options.signal);
    const response = goesOn(request)
      ? this.#nextTurn(request)
      : this.#session.execute(request, answered);
    if (!isPromise(response)) return response;
    this.#underWay.add(response);
    const settled = response.finally(() => this.#underWay.delete(response));
    return options === undefined ? settled : giveUp(settled, options);
  }

  protected override async leave(request: CommandRequest): Promise<void> {
    await this.#session.execute(request);
  }

  async #nextTurn(request: CommandRequest): Promise<CommandResponse> {
    await setImmediate();
    return this.#session.execute(request);
  }

  override async close(): Promise<void> {
    this.#closed = true;
    this.inboxes.displaceAll();
    this.inboxes.close();
    await Promise.all(this.#underWay);
    this.#session.close();
  }
}

/** What is pushed is one for all subscribers, and each may do with its bytes what it likes. */
function ownCopy(response: CommandResponse): CommandResponse {
  const { values, change } = response;
  if (change === undefined) return { ...response, values: values.map(ownValue) };
  const { value, old } = change;
  if (!isBinary(value) && !isBinary(old)) return response;
  const own = { value: value && ownValue(value), old: old && ownValue(old) };
  return { ...response, change: { ...change, ...own } };
}

function ownValue(message: ValueMessage): ValueMessage {
  if (message.value.case !== 'binary') return message;
  return { value: { case: 'binary', value: new Uint8Array(message.value.value) } };
}

function isBinary(message: ValueMessage | undefined): boolean {
  return message?.value.case === 'binary';
}

/** Whether this asks for a page that is not the first. */
function goesOn({ requestData }: CommandRequest): boolean {
  return requestData.case === 'hscan' && requestData.value.cursor.length > 0;
}

/** Waits for `response`, though no longer than the options allow. */
function giveUp<T>(response: Promise<T>, { signal, timeoutMs }: CallOptions): Promise<T> {
  if (signal === undefined && timeoutMs === undefined) return response;
  return new Promise((resolve, reject) => {
    const abort = (): void => fail(cancelledError(signal));
    const timer =
      timeoutMs === undefined || timeoutMs > MAX_TIMER_MS
        ? undefined
        : setTimeout(() => fail(timeoutError(timeoutMs)), timeoutMs);
    const letGo = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const fail = (error: unknown): void => {
      letGo();
      reject(error);
    };
    signal?.addEventListener('abort', abort, { once: true });
    response.then((answer) => {
      letGo();
      resolve(answer);
    }, fail);
  });
}
