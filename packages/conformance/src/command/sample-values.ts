import type { Value } from '@kv/core';

/** Values of every type, and those that are easily taken for a miss or lost on the wire. */
export const sampleValues: readonly (readonly [title: string, value: Value])[] = [
  ['text', 'grüße, 世界, 😀'],
  ['the empty text', ''],
  ['bytes', Uint8Array.of(0, 1, 0x7f, 0x80, 0xff)],
  ['no bytes', new Uint8Array(0)],
  ['the integer 0', 0n],
  ['the integer -1', -1n],
  ['the largest integer', 2n ** 63n - 1n],
  ['the smallest integer', -(2n ** 63n)],
  ['the float 0', 0],
  ['the float -0', -0],
  ['the float 1.5', 1.5],
  ['NaN', Number.NaN],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['true', true],
  ['false', false],
];

/** Names that objects have anyway, and one that is an index. */
export const awkwardNames: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '0',
];
