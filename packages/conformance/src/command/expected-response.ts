import type { CommandResponse, Value } from '@kv/core';
import { type KvpairMessage, type ValueMessage, valueToMessage } from '@kv/protocol';
import { expect } from 'vitest';
import { pair } from './requests.js';

/** A response, of which the message may be known in part only. */
export interface ExpectedResponse extends Omit<CommandResponse, 'message'> {
  /** The whole message where the reference implementation fixes it; else what it must look like. */
  readonly message: string | RegExp;
}

/** Success, with these values; `null` is the empty one that stands for a miss. */
export function ok(...values: readonly (Value | null)[]): ExpectedResponse {
  return { status: 200, message: '', values: values.map(valueToMessage), pairs: [] };
}

/** Success, with these pairs, in any order. */
export function okPairs(
  ...pairs: readonly (readonly [key: string, value: Value])[]
): ExpectedResponse {
  return { ...ok(), pairs: pairs.map(([key, value]) => pair(key, value)) };
}

/** A miss, in the words of the reference implementation. */
export function notFound(table: string, key: string): ExpectedResponse {
  return { ...ok(), status: 404, message: `Not found for table: ${table}, key: ${key}` };
}

/** A command that makes no sense, in the form, and where given the words, of the reference. */
export function invalid(reason?: string): ExpectedResponse {
  const message = reason === undefined ? /^Command is invalid: `.+`$/s : invalidMessage(reason);
  return { ...ok(), status: 400, message };
}

/** A failure with this status, and a message of some kind unless it is given. */
export function failed(status: number, message: string | RegExp = /./): ExpectedResponse {
  return { ...ok(), status, message };
}

/** Expects a response to be the expected one, in all of its fields. */
export function expectResponse(response: CommandResponse, expected: ExpectedResponse): void {
  expect(comparable(response)).toStrictEqual({
    ...comparable(expected),
    message:
      typeof expected.message === 'string'
        ? expected.message
        : expect.stringMatching(expected.message),
  });
}

function invalidMessage(reason: string): string {
  return `Command is invalid: \`${reason}\``;
}

/** Without what a decoder may add to messages, and with pairs in an order. */
function comparable(response: CommandResponse | ExpectedResponse) {
  const { status, message, values, pairs, cursor, ...others } = response;
  const { topic, subscription, delivered, missed, position, page } = others;
  return {
    status,
    message,
    values: values.map(carriedBy),
    pairs: pairs.map(pairOf).sort(byKey),
    cursor: cursor && new Uint8Array(cursor),
    topic,
    subscription,
    delivered,
    missed,
    // Positions are the storage's own.
    isPositioned: position !== undefined,
    keys: page?.changes.map(({ key }) => key),
  };
}

function pairOf({ key, value }: KvpairMessage): { key: string; value: unknown } {
  return { key, value: value && carriedBy(value) };
}

function carriedBy({ value: { case: type, value } }: ValueMessage): {
  type: unknown;
  value: unknown;
} {
  return { type, value: value instanceof Uint8Array ? new Uint8Array(value) : value };
}

function byKey(a: { key: string }, b: { key: string }): number {
  return a.key < b.key ? -1 : Number(a.key > b.key);
}
