import { KvError } from '@kv/protocol';

/** The error of a command line that makes no sense. */
export function usageError(message: string, options?: ErrorOptions): KvError {
  return new KvError('INVALID_COMMAND', message, options);
}

/**
 * Makes what refuses bad options by throwing; they came from the command line, so that is usage.
 *
 * @param flag which it was, if it is known.
 */
export function checkUsage<T>(make: () => T, flag?: string): T {
  try {
    return make();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw usageError(flag === undefined ? reason : `${flag}: ${reason}`, { cause });
  }
}
