import { KvError } from './kv-error.js';
import type { PositionMessage } from './messages.js';

/**
 * Where a change stands among all changes of a store. Sequences count changes, and never go back within an epoch; an
 * epoch is the time from one opening of the store to the next, and has a number that no other has: a larger one, if
 * changes can be followed from an earlier epoch into it. Both are integers from 0 to 2^53 - 1. As JSON it can be kept,
 * to go on from it later.
 */
export interface Position {
  readonly epoch: number;
  readonly sequence: number;
}

/** Of the epoch that was asked for last: mostly, it is that again. */
let [lastEpoch, lastEpochBits] = [0, 0n];

/** The message that carries a position. */
export function positionToMessage({ epoch, sequence }: Position): PositionMessage {
  if (epoch !== lastEpoch) [lastEpoch, lastEpochBits] = [epoch, BigInt(epoch)];
  return { epoch: lastEpochBits, sequence: BigInt(sequence) };
}

/**
 * The position that a message carries.
 *
 * @throws {KvError} `INVALID_COMMAND` if it carries none.
 */
export function positionFromMessage(message: PositionMessage | undefined): Position {
  // From JavaScript, anything may come.
  const [epoch, sequence] = [Number(message?.epoch), Number(message?.sequence)];
  return checkPosition('position', { epoch, sequence });
}

/** @throws {KvError} `INVALID_COMMAND` if it is no position. */
export function checkPosition(name: string, position: Position): Position {
  const { epoch, sequence } = position ?? {};
  if (isCount(epoch) && isCount(sequence)) return { epoch, sequence };
  throw KvError.invalidCommand(`${name} must be a position: an epoch and a sequence, from 0`);
}

function isCount(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0;
}
