import { KvError, type KvErrorCode } from '@kv/protocol';

/**
 * The same items. If they end with an error of this code, it says what to do about that, too.
 *
 * @param advice as it follows what the error says, and a semicolon.
 * @throws what `items` throws.
 */
export async function* advising<Item>(
  code: KvErrorCode,
  advice: string,
  items: AsyncIterable<Item>,
): AsyncGenerator<Item, void, undefined> {
  try {
    yield* items;
  } catch (error) {
    if (!(error instanceof KvError) || error.code !== code) throw error;
    throw new KvError(code, `${error.message}; ${advice}`, { cause: error });
  }
}
