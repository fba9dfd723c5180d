import type { CommandRequest, CommandResponse } from '@kv/protocol';
import type { Peer } from '../peer.js';

/** What every hook sees. */
export interface HookContext {
  /** Who asks. */
  readonly peer: Peer;
  /** What hooks keep for as long as the peer's session lasts; keys are theirs to choose. */
  readonly state: Map<unknown, unknown>;
}

/** At `requestReceived`: nothing has been done yet. */
export interface RequestReceivedContext extends HookContext {
  /** The request; a listener may change it or put another in its place. */
  request: CommandRequest;
  /**
   * Ends the request with this response: neither listeners after this one nor the command run.
   *
   * @throws {KvError} `INTERNAL` if the request has been ended already, or its command has begun.
   */
  terminate(response: CommandResponse): void;
}

/** At `requestExecuted`: the command has run. A listener that throws makes an error of the response. */
export interface RequestExecutedContext extends HookContext {
  readonly request: CommandRequest;
  readonly response: CommandResponse;
}

/** At `beforeResponseSend`: every response passes here, a refusal too. */
export interface BeforeResponseSendContext extends HookContext {
  readonly request: CommandRequest;
  /** The response; a listener may change it or put another in its place. */
  response: CommandResponse;
}

/** At `afterResponseSend`: the response is with the kernel, or will never be. */
export interface AfterResponseSendContext extends HookContext {
  readonly request: CommandRequest;
  readonly response: CommandResponse;
  /** Milliseconds since the request was received. */
  readonly durationMs: number;
  /** Why the response could not be sent. */
  readonly error: Error | undefined;
}

/**
 * The four hook points, in the order in which every request passes them. A listener that returns a
 * promise is waited for. One that throws a `KvError` makes that the response (at `afterResponseSend`
 * it is too late for that); anything else it throws makes an `INTERNAL` one and is reported.
 *
 * A connection's request does not start before the `requestReceived` listeners of the one before it are
 * done. Requests from this process wait for no other, so a listener may make some itself, through the
 * same client too; they pass the listeners like all others, this one included.
 */
export interface HookEvents {
  /** Nothing has been done yet: may look, change the request, or end it. */
  requestReceived(context: RequestReceivedContext): void | Promise<void>;
  /** The command has run: may look, or make an error of the response. */
  requestExecuted(context: RequestExecutedContext): void | Promise<void>;
  /** May change the response, a refusal too. */
  beforeResponseSend(context: BeforeResponseSendContext): void | Promise<void>;
  /** The response is with the kernel, or will never be: may only look. */
  afterResponseSend(context: AfterResponseSendContext): void | Promise<void>;
}

/** The name of a hook point. */
export type HookName = keyof HookEvents;
