import { KvError, type KvErrorCode } from '@kv/core';
import { expect } from 'vitest';

/** Expects a call to fail, at once or later, with a `KvError` of this code. */
export async function expectFailure(code: KvErrorCode, call: () => unknown): Promise<void> {
  const outcome = await outcomeOf(call);
  expect(outcome, `fails with ${code}`).toBeInstanceOf(KvError);
  expect((outcome as KvError).code).toBe(code);
}

async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return error;
  }
}
