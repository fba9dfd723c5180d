import { changeFromMessage } from './change-message.js';
import type { ScanOptions } from './kv-client.js';
import { KvError } from './kv-error.js';
import type { CommandResponse, KvpairMessage, ValueMessage } from './messages.js';
import { positionFromMessage } from './position.js';
import { responseError } from './response.js';
import type { Message } from './subscription.js';
import { type Value, valueFromMessage } from './value.js';
import type { ChangePage, Pushed } from './watch-item.js';

// What a method of a client answers, from what has travelled. An answer of failure is thrown; one that is
// of another shape than was asked for is a `KvError` `INTERNAL`.

/** The answer itself, if it is one of success. */
export function ok(response: CommandResponse): CommandResponse {
  const error = responseError(response);
  if (error) throw error;
  return response;
}

/** Only what is too large to be answered comes with an error and a cursor: the scan can go on behind it. */
export function checkPage(page: CommandResponse, onTooLarge: ScanOptions['onTooLarge']): void {
  const error = responseError(page);
  if (error === undefined) return;
  if (page.cursor === undefined || onTooLarge === undefined) throw error;
  onTooLarge(error);
}

/** The one value of an answer; `null` if it is empty. */
export function onlyValue(response: CommandResponse): Value | null {
  return valueFromMessage(messages(response, 1)[0]);
}

/** As many values as were asked for; `null` for those that are empty. */
export function allValues(response: CommandResponse, count: number): (Value | null)[] {
  return messages(response, count).map(valueFromMessage);
}

function messages(response: CommandResponse, count: number): readonly ValueMessage[] {
  const { values } = ok(response);
  if (values.length !== count) throw unexpected(`${values.length} values instead of ${count}`);
  return values;
}

/** The change of a table that was pushed, or how far the watch has come without one. */
export function pushedOf(table: string, { change, position }: CommandResponse): Pushed {
  if (change !== undefined) {
    const first = change.first && positionFromMessage(change.first);
    return { kind: 'change', change: changeFromMessage(table, change), first };
  }
  if (position === undefined) throw unexpected('no change');
  return { kind: 'progress', position: positionFromMessage(position) };
}

/** Some changes of a table. */
export function changePage(table: string, response: CommandResponse): ChangePage {
  const { page, position } = ok(response);
  const changes = page?.changes.map((change) => changeFromMessage(table, change)) ?? [];
  return { changes, position: positionFromMessage(position) };
}

/** The message that was pushed. */
export function messageOf({ topic = '', values }: CommandResponse): Message {
  return { topic, values: values.map(valueIn) };
}

function valueIn(message: ValueMessage): Value {
  const value = valueFromMessage(message);
  if (value === null) throw unexpected('a message with an empty value');
  return value;
}

/** A pair, whose value must be there. */
export function entry({ key, value: message }: KvpairMessage): [key: string, value: Value] {
  const value = valueFromMessage(message);
  if (value === null) throw unexpected('a pair without a value');
  return [key, value];
}

/** A value that must be a boolean. */
export function flag(value: Value | null): boolean {
  if (typeof value !== 'boolean') throw unexpected('something else than a boolean');
  return value;
}

/** The error for an answer that is none to what was asked. */
export function unexpected(what: string): KvError {
  return new KvError('INTERNAL', `The server answered ${what}`);
}
