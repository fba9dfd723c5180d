import { KvError } from './kv-error.js';

/** The error of a call whose caller has given up; the signal's reason is its cause. */
export function cancelledError(signal: AbortSignal | undefined): KvError {
  return new KvError('CANCELLED', 'The call was given up', { cause: signal?.reason });
}

/** The error of a call that was not answered within the time that its caller allowed. */
export function timeoutError(timeoutMs: number): KvError {
  return new KvError(
    'TIMEOUT',
    `No answer within ${timeoutMs} ms: the command may or may not have taken effect`,
  );
}
