import type { Value } from '@kv/protocol';
import { typeOf, type ValueType } from './value-argument.js';

/** One thing that a command answers; with its key, if it may answer several. `null` is a miss. */
export interface Item {
  readonly key?: string;
  readonly value: Value | null;
}

/** An item for people: its value, with the key and a tab before it if it has one. */
export function textLine({ key, value }: Item): string {
  const text = value === null ? '(none)' : valueText(value);
  return key === undefined ? text : `${key}\t${text}`;
}

/**
 * An item for programs, as one line of JSON that says all of it. A miss is `null`; with a key, its
 * type and value are.
 */
export function jsonLine({ key, value }: Item): string {
  const typed = value === null ? null : { type: typeOf(value), value: jsonValue(value) };
  return JSON.stringify(key === undefined ? typed : { key, ...(typed ?? MISS) });
}

const MISS: { readonly type: ValueType | null; readonly value: null } = { type: null, value: null };

function valueText(value: Value): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return Object.is(value, -0) ? '-0' : String(value);
}

/** What JSON can say itself stays what it is; the rest is text. */
function jsonValue(value: Value): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) return value;
  return valueText(value);
}
