import type { Readable } from 'node:stream';
import { signalExitCode } from './exit-code.js';

/** Where a command writes: any `Writable` will do. */
export interface Output {
  /** Writes `chunk`, and calls `done` once it is written or cannot be. */
  write(chunk: string | Uint8Array, done: (error?: Error | null) => void): unknown;
  /** The width of the terminal, if it is one: help is wrapped there. */
  readonly columns?: number;
}

/** All that the command line knows of the world around it. */
export interface Io {
  /** Read, in bytes, only by a command that is told to. */
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Aborted when the command is to end: a server drains, a client command gives up. The reason is the
   * name of the signal that asked for it.
   */
  readonly stop: AbortSignal;
  /**
   * Has `listener` called when files are to be read again; by default nothing ever asks for that.
   *
   * @returns ends it.
   */
  onReload?(listener: () => void): () => void;
}

/**
 * The world of this process. From now on SIGINT and SIGTERM abort `stop`; the second of them ends the
 * process at once. SIGHUP reloads where something can be, and ends the process otherwise.
 */
export function processIo(): Io {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(signalExitCode(signal));
      stop.abort(signal);
    });
  }
  const { stdout, stderr, env } = process;
  // Whoever writes hears of errors from the write itself; unheard events would end the process.
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  const onReload = (listener: () => void): (() => void) => {
    process.on('SIGHUP', listener);
    return () => void process.off('SIGHUP', listener);
  };
  return {
    // Opened when it is asked for: most commands leave it alone.
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr,
    env,
    stop: stop.signal,
    onReload,
  };
}
