import type { CommandMessage, CommandName, CommandRequest } from '@kv/core';
import type { ExpectedResponse } from './expected-response.js';

/** A request, and the response that is expected of it. */
export interface RequestStep {
  readonly request: CommandRequest;
  readonly response: ExpectedResponse;
}

/** A request to an engine that is new and empty, and what it must answer. */
export interface RequestCase extends RequestStep {
  readonly title: string;
  /** The capability without which there is nothing to check. */
  readonly needs?: 'push';
  /** Requests that come before, and are all answered with 200. */
  readonly given?: readonly CommandRequest[];
  /** Requests that come after, to see what the one in question did. */
  readonly afterwards?: readonly RequestStep[];
}

/** A {@link RequestCase} of one command, of which just the message is given. */
export interface CommandCase<Name extends CommandName> extends Omit<RequestCase, 'request'> {
  readonly request: CommandMessage<Name>;
}
