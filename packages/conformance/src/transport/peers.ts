import type { CommandRequest, CommandResponse } from '@kv/core';
import { type ExpectedResponse, expectResponse } from '../command/expected-response.js';
import type { TransportPeer } from './transport-under-test.js';

/** Sends a request and waits for its answer, which must be the next; passes over what is pushed before it. */
export async function ask(peer: TransportPeer, request: CommandRequest): Promise<CommandResponse> {
  peer.send(request);
  for (;;) {
    const response = await peer.receive();
    if (response.subscription === undefined) return response;
  }
}

/** Expects the next answers to be these, in this order. */
export async function expectAnswers(
  peer: TransportPeer,
  ...expected: readonly ExpectedResponse[]
): Promise<void> {
  for (const each of expected) expectResponse(await peer.receive(), each);
}
