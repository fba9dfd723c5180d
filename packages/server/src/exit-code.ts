import { constants } from 'node:os';
import { KvError, type KvErrorCode } from '@kv/protocol';

/** What the process says with its exit code. */
export const EXIT_CODE = {
  /** Done. A server has drained. */
  DONE: 0,
  /** The key is not there. */
  NOT_THERE: 1,
  /** What was asked makes no sense; asking again will not help. */
  USAGE: 2,
  /** The server, or the way to it, failed. */
  FAILED: 3,
  /** Ended by Ctrl-C, in the shell's notation: 128 and the number of the signal. */
  INTERRUPTED: 130,
} as const;

/** For `--help`. */
export const EXIT_CODE_HELP = `
Exit codes:
  0    done
  1    the key is not there (hget, hexist)
  2    usage: a bad flag, argument or value, or the server refuses the command as
       invalid or too large
  3    the server cannot be reached, refuses, fails, or does not answer in time;
       or it cannot listen; or a subscription or watch cannot go on
  130  interrupted by Ctrl-C (143 by SIGTERM)`;

const EXIT_CODE_OF: { readonly [Code in KvErrorCode]: number } = {
  INVALID_COMMAND: EXIT_CODE.USAGE,
  UNAUTHENTICATED: EXIT_CODE.FAILED,
  FORBIDDEN: EXIT_CODE.FAILED,
  NOT_FOUND: EXIT_CODE.NOT_THERE,
  GONE: EXIT_CODE.FAILED,
  TOO_LARGE: EXIT_CODE.USAGE,
  TOO_MANY_REQUESTS: EXIT_CODE.FAILED,
  CANCELLED: EXIT_CODE.INTERRUPTED,
  INTERNAL: EXIT_CODE.FAILED,
  UNSUPPORTED: EXIT_CODE.FAILED,
  CONNECTION_LOST: EXIT_CODE.FAILED,
  UNAVAILABLE: EXIT_CODE.FAILED,
  TIMEOUT: EXIT_CODE.FAILED,
  STORAGE_FAILURE: EXIT_CODE.FAILED,
};

/** The exit code of a command that failed with `error`. */
export function exitCodeOf(error: unknown): number {
  return error instanceof KvError ? EXIT_CODE_OF[error.code] : EXIT_CODE.FAILED;
}

/** The exit code of a command that was ended by a signal; of any other end from outside, Ctrl-C's. */
export function signalExitCode(signal: unknown): number {
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  return number === undefined ? EXIT_CODE.INTERRUPTED : 128 + number;
}
