import type { Awaitable } from './awaitable.js';
import { changePage } from './call-answers.js';
import type { KvError } from './kv-error.js';
import type { CommandResponse } from './messages.js';
import { type Position, positionFromMessage } from './position.js';
import { responseError } from './response.js';
import type { ChangePage } from './watch-item.js';

/**
 * Some changes of a table after a position.
 *
 * @param ask brings the answer to the command `changes` after a position.
 * @param onTooLarge told of each change that is too large to be answered: it is left out then, rather than fail the call.
 * @throws {KvError} what the answer says.
 */
export async function readChanges(
  table: string,
  after: Position,
  ask: (after: Position) => Awaitable<CommandResponse>,
  onTooLarge: ((error: KvError) => void) | undefined,
): Promise<ChangePage> {
  for (let at = after; ; ) {
    const response = await ask(at);
    const error = responseError(response);
    if (error === undefined) return changePage(table, response);
    // Only what is too large comes with an error and a position: that behind it.
    if (response.position === undefined || onTooLarge === undefined) throw error;
    onTooLarge(error);
    at = positionFromMessage(response.position);
  }
}
