import type { Value } from '@kv/core';
import type { Random } from '../random.js';

/** Below how many bytes or characters values stay. */
export type Sizes = readonly [number, ...number[]];

export const SMALL: Sizes = [1, 16, 16, 64, 64, 64];
export const MIXED: Sizes = [...SMALL, 500, 500, 500, 5_000, 70_000, 300_000];
/** Writing these takes so long that a kill is likely to interrupt it. */
export const LARGE: Sizes = [500, 70_000, 300_000];

/**
 * A value of any type. As far as it has room for it, it has its serial number all through, so that it can be told from
 * all others, and from parts of itself.
 */
export function randomValue(random: Random, serial: number, sizes: Sizes): Value {
  const size = random.below(random.pick(sizes));
  const sign = random.pick([1, -1]);
  switch (random.below(7)) {
    case 0:
      return BigInt(sign * serial);
    case 1:
      return sign * (serial + 0.5);
    case 2:
      return random.below(2) === 0;
    case 3:
    case 4:
      return repeated(`${serial} é😀`, size);
    default:
      return new Uint8Array(Buffer.alloc(size, `${serial}\0`));
  }
}

/** Text of about so many characters, of which none is cut in two. */
function repeated(text: string, size: number): string {
  return size < text.length ? text.slice(0, Math.min(size, 2)) : text.repeat(size / text.length);
}
