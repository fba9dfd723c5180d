import { type CommandRequest, type CommandResponse, KvError } from '@kv/protocol';
import type {
  AfterResponseSendContext,
  BeforeResponseSendContext,
  RequestExecutedContext,
  RequestReceivedContext,
} from './hooks/hook-events.js';
import type { Peer } from './peer.js';
import type { Subscription } from './subscriptions/subscription.js';

/**
 * What answers look like before there is one. A listener at `requestReceived` that is not held to the
 * types can see it, and it is one for all requests: nobody may change it.
 */
const NO_RESPONSE: CommandResponse = { status: 0, message: '', values: [], pairs: [] };
for (const each of [NO_RESPONSE, NO_RESPONSE.values, NO_RESPONSE.pairs]) Object.freeze(each);

/** A request and its response on their way past the hook points: the context of all four. */
export class Exchange
  implements
    RequestReceivedContext,
    RequestExecutedContext,
    BeforeResponseSendContext,
    AfterResponseSendContext
{
  readonly peer: Peer;
  readonly state: Map<unknown, unknown>;
  request: CommandRequest;
  #response: CommandResponse = NO_RESPONSE;
  error: Error | undefined;
  /** What the command has opened: to be started when the response has left. */
  opened: Subscription | undefined;
  #executing = false;
  readonly #receivedAt: number = performance.now();
  #sentAt: number | undefined;

  constructor(peer: Peer, state: Map<unknown, unknown>, request: CommandRequest) {
    this.peer = peer;
    this.state = state;
    this.request = request;
  }

  get durationMs(): number {
    return (this.#sentAt ?? performance.now()) - this.#receivedAt;
  }

  get response(): CommandResponse {
    return this.#response;
  }

  /** Refuses, from JavaScript, what is no response: it is the listener's fault, and is told as such. */
  set response(response: CommandResponse) {
    if (!isResponse(response)) {
      throw new TypeError(
        'A response must have a status from 100 to 599, a message, values and pairs; a cursor is bytes; no subscription, which marks what is pushed',
      );
    }
    this.#response = response;
  }

  /** Whether there is a response: after `requestReceived`, that the request has been ended. */
  get answered(): boolean {
    return this.#response !== NO_RESPONSE;
  }

  /** Bound, for listeners take their context apart: `({ terminate }) => terminate(response)`. */
  readonly terminate = (response: CommandResponse): void => {
    if (this.answered || this.#executing) {
      throw new KvError('INTERNAL', 'terminate was called when it was too late to end the request');
    }
    this.response = response;
  };

  /** Marks the command as begun, so that a `terminate` from then on is not lost but refused. */
  executing(): void {
    this.#executing = true;
  }

  /** Takes the command's own response, which needs no check. */
  executed(response: CommandResponse): void {
    this.#response = response;
  }

  /** Marks the response as with the kernel, or with nobody if there is an error. */
  sent(error: Error | undefined): void {
    this.#sentAt = performance.now();
    this.error = error;
  }
}

function isResponse(response: CommandResponse): boolean {
  return (
    Number.isInteger(response?.status) &&
    response.status >= 100 &&
    response.status <= 599 &&
    typeof response.message === 'string' &&
    Array.isArray(response.values) &&
    Array.isArray(response.pairs) &&
    (response.cursor === undefined || response.cursor instanceof Uint8Array) &&
    response.subscription === undefined
  );
}
