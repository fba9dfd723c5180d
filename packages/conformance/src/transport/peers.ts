import type { CommandRequest, CommandResponse } from '@kv/core';
import { type ExpectedResponse, expectResponse } from '../command/expected-response.js';
import type { TransportPeer } from './transport-under-test.js';

/** Sends a request and waits for its answer, which must be the next. */
export function ask(peer: TransportPeer, request: CommandRequest): Promise<CommandResponse> {
  peer.send(request);
  return peer.receive();
}

/** Expects the next answers to be these, in this order. */
export async function expectAnswers(
  peer: TransportPeer,
  ...expected: readonly ExpectedResponse[]
): Promise<void> {
  for (const each of expected) expectResponse(await peer.receive(), each);
}
