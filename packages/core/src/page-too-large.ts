import { type CommandResponse, errorResponse, KvError } from '@kv/protocol';
import { pairMessage } from './pair.js';
import { entryBytes } from './storage/entry-bytes.js';
import type { Entry } from './storage/storage.js';

/** So much is told of a name: there are peers that can be sent no more than 512 bytes. */
const TOLD_CHARACTERS = 32;

/** The cursor behind which there is nothing. */
const END: Uint8Array = new Uint8Array(0);

/**
 * The answer in the place of a page that is too large, since it has a pair that is: a 413 that names the pair, with
 * the cursor of what comes behind it, so that it stands in nobody's way; and with those pairs that are no larger
 * than usual, for several may share one position.
 *
 * @param share the bytes that a page should not exceed.
 * @param room the bytes that it cannot.
 * @param cursor `undefined` if nothing comes behind it.
 */
export function pageTooLarge(
  table: string,
  entries: readonly Entry[],
  share: number,
  room: number,
  cursor: Uint8Array = END,
): CommandResponse {
  let left = share;
  const others: Entry[] = [];
  const tooLarge: Entry[] = [];
  for (const entry of entries) {
    const bytes = entryBytes(entry);
    if (bytes > left) tooLarge.push(entry);
    else {
      left -= bytes;
      others.push(entry);
    }
  }
  const error = errorOf(table, tooLarge, room);
  return { ...errorResponse(error), pairs: others.map(pairMessage), cursor };
}

function errorOf(table: string, [first, ...more]: readonly Entry[], room: number): KvError {
  const entry = first as Entry;
  const name = `table: ${shortened(table)}, key: ${shortened(entry[0])}`;
  const besides = more.length === 0 ? '' : `, and ${more.length} more`;
  return new KvError(
    'TOO_LARGE',
    `Too large to be answered: ${name}, ${entryBytes(entry)} bytes of at most ${room}${besides}. ` +
      'Raise maxFrameBytes here and at the client, or delete it with HDEL',
  );
}

function shortened(name: string): string {
  // By characters, so that none is cut in two.
  const characters = Array.from(name);
  if (characters.length <= TOLD_CHARACTERS) return name;
  return `${characters.slice(0, TOLD_CHARACTERS).join('')}…`;
}
