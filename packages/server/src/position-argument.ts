import type { Position } from '@kv/protocol';
import { usageError } from './usage.js';

/**
 * Reads a position from the command line: as it is printed, `3:7`, or as the library has it, in JSON,
 * `{"epoch":3,"sequence":7}`.
 *
 * @throws {KvError} `INVALID_COMMAND` if the text is neither.
 */
export function parsePosition(text: string): Position {
  const { epoch, sequence } = fromPrinted(text) ?? fromJson(text) ?? {};
  if (isCount(epoch) && isCount(sequence)) return { epoch, sequence };
  throw usageError(
    `a position is an epoch and a sequence, 3:7 or {"epoch":3,"sequence":7}, and not '${text}'`,
  );
}

/** A position as it is printed. */
export function positionText({ epoch, sequence }: Position): string {
  return `${epoch}:${sequence}`;
}

type Parts = { readonly [Part in keyof Position]?: unknown };

function fromPrinted(text: string): Parts | undefined {
  const [, epoch, sequence] = /^(\d+):(\d+)$/.exec(text) ?? [];
  return epoch === undefined ? undefined : { epoch: Number(epoch), sequence: Number(sequence) };
}

function fromJson(text: string): Parts | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

function isCount(part: unknown): part is number {
  return Number.isSafeInteger(part) && (part as number) >= 0;
}
