import { createHash } from 'node:crypto';
import type { Value } from '@kv/core';

/** What a value is told from all others by, in a few characters; `null` stands for none. */
export type Fingerprint = string | null;

/** More characters or bytes than these are told by their hash. */
const LONGEST = 32;

/** The fingerprint of a value, or of `undefined` for a key that is not there. */
export function fingerprint(value: Value | undefined): Fingerprint {
  switch (typeof value) {
    case 'undefined':
      return null;
    case 'string':
      if (value.length <= LONGEST) return `text ${JSON.stringify(value)}`;
      return `text of ${value.length} characters, ${hash(value)}`;
    case 'bigint':
      return `integer ${value}`;
    case 'number':
      return `float ${Object.is(value, -0) ? '-0' : value}`;
    case 'boolean':
      return `boolean ${value}`;
    default:
      if (value.length <= LONGEST) return `bytes <${Buffer.from(value).toString('hex')}>`;
      return `${value.length} bytes, ${hash(value)}`;
  }
}

/** What a message says of it. */
export function shown(value: Fingerprint | undefined): string {
  return value ?? 'nothing';
}

function hash(value: string | Uint8Array): string {
  return createHash('sha1').update(value).digest('hex').slice(0, 16);
}
