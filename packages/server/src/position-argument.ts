import type { Position } from '@kv/protocol';

/** A position as it is printed, and as `--after` takes it. */
export function positionText({ epoch, sequence }: Position): string {
  return `${epoch}:${sequence}`;
}
