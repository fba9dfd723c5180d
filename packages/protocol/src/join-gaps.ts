import type { Gap } from './subscription.js';

/** What is missing by two gaps between which there is nothing. */
export function joinGaps(one: Gap | undefined, other: Gap | undefined): Gap | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const known = one.missed !== undefined && other.missed !== undefined;
  return { missed: known ? (one.missed as number) + (other.missed as number) : undefined };
}
