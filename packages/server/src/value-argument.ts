import type { Value } from '@kv/protocol';
import { usageError } from './usage.js';

/** The types of values, by the names that `--type` takes and `--json` prints. */
export const VALUE_TYPES = ['string', 'integer', 'float', 'boolean', 'binary'] as const;

export type ValueType = (typeof VALUE_TYPES)[number];

/** What a value of each type is when it is written as text. */
const PARSERS: { readonly [Type in ValueType]: (text: string) => Value | undefined } = {
  string: (text) => text,
  integer: parseIntegerLiteral,
  float: parseFloatLiteral,
  boolean: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
  binary: parseBase64,
};

const EXPECTED: { readonly [Type in ValueType]: string } = {
  string: 'any text',
  integer: 'a whole number of 64 bits',
  float: 'a number, NaN, Infinity or -Infinity, in the range of a double',
  boolean: 'true or false',
  binary: 'base64, padded',
};

/**
 * Reads a value from the command line.
 *
 * @throws {KvError} `INVALID_COMMAND` if the text is none of that type.
 */
export function parseValue(type: ValueType, text: string): Value {
  const value = PARSERS[type](text);
  if (value !== undefined) return value;
  throw usageError(`${quote(text)} is no value of type ${type}: expected ${EXPECTED[type]}`);
}

/** The type of a value. */
export function typeOf(value: Value): ValueType {
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'number') return 'float';
  if (value instanceof Uint8Array) return 'binary';
  return typeof value === 'string' ? 'string' : 'boolean';
}

/** Enough of the text to know it by. */
function quote(text: string): string {
  return `'${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`;
}

function parseIntegerLiteral(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function parseFloatLiteral(text: string): number | undefined {
  if (/^(?:NaN|[+-]?Infinity)$/.test(text)) return Number(text);
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  // Too large a number is not what the user meant by infinity.
  return Number.isFinite(value) ? value : undefined;
}

function parseBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  // Buffer skips what is no base64, and would store something else than was meant.
  return bytes.toString('base64') === text ? bytes : undefined;
}
