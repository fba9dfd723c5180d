import type { CommandRequest, CommandResponse } from '@kv/core';
import type { Awaitable } from '@kv/protocol';
import { expect } from 'vitest';
import type { RequestCase } from './command-case.js';
import { expectResponse } from './expected-response.js';

/**
 * Takes a case through an engine that is new and empty.
 *
 * @param execute brings a request to the engine, and its response back.
 * @throws an assertion if a response is not the expected one.
 */
export async function runRequestCase(
  { given = [], request, response, afterwards = [] }: RequestCase,
  execute: (request: CommandRequest) => Awaitable<CommandResponse>,
): Promise<void> {
  for (const each of given) expect(await execute(each)).toMatchObject({ status: 200 });
  for (const step of [{ request, response }, ...afterwards]) {
    expectResponse(await execute(step.request), step.response);
  }
}
