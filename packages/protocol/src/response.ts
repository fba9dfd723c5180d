import { ERROR_STATUS, KvError } from './kv-error.js';
import type { CommandResponse, KvpairMessage, ValueMessage } from './messages.js';

/** The answer to a command that succeeded. */
export function okResponse(values: ValueMessage[], pairs: KvpairMessage[] = []): CommandResponse {
  return { status: 200, message: '', values, pairs };
}

/**
 * The answer to a command that succeeded page by page.
 *
 * @param cursor where the next page begins; `undefined` if there is none.
 */
export function pageResponse(
  pairs: KvpairMessage[],
  cursor: Uint8Array | undefined,
): CommandResponse {
  const response = okResponse([], pairs);
  return cursor === undefined ? response : { ...response, cursor };
}

/** The answer to a command that failed. */
export function errorResponse(error: KvError): CommandResponse {
  return { status: error.status, message: error.message, values: [], pairs: [] };
}

/**
 * The answer for a key that is not there, in the words of the reference implementation. Made without
 * an error, whose stack trace would cost more than the whole command.
 */
export function notFoundResponse(table: string, key: string): CommandResponse {
  const message = `Not found for table: ${table}, key: ${key}`;
  return { status: ERROR_STATUS.NOT_FOUND, message, values: [], pairs: [] };
}

/** The error that an answer stands for, if it is one. */
export function responseError(response: CommandResponse): KvError | undefined {
  if (response.status >= 200 && response.status < 300) return undefined;
  return KvError.fromStatus(response.status, response.message);
}
