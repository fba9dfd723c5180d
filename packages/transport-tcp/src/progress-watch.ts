import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Watches whether a peer takes what is written to it. */
export class ProgressWatch {
  readonly #stream: Duplex;
  readonly #timeoutMs: number;
  readonly #onStalled: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param onStalled called when nothing has been taken for `timeoutMs`. */
  constructor(stream: Duplex, timeoutMs: number, onStalled: () => void) {
    this.#stream = stream;
    // To a socket, 0 means that nothing is watched.
    this.#timeoutMs = Math.max(timeoutMs, 1);
    this.#onStalled = onStalled;
  }

  /** Begins to watch, if it has not. */
  start(): void {
    if (this.#stream instanceof Socket) {
      // A socket sees progress within a write, too; of a large one there may be no other for long.
      this.#stream.off('timeout', this.#onStalled).once('timeout', this.#onStalled);
      this.#stream.setTimeout(this.#timeoutMs);
    } else {
      this.#timer ??= setTimeout(this.#onStalled, this.#timeoutMs);
    }
  }

  /** A write has been taken. */
  progress(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    if (this.#stream instanceof Socket) this.#stream.setTimeout(0);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
