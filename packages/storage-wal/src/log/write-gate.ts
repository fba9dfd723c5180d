import { KvError } from '@kv/protocol';
import type { Clock } from './clock.js';
import { codeOf } from './unreadable.js';

/** How long it takes until it is tried again whether a log can be written, in milliseconds. */
const PROBE_INTERVAL_MS = 1000;

/** What the system says if there is no room, or there are too many files open: it may say otherwise later. */
const PASSING: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE']);

/**
 * Whether a log takes changes. It does not when something could not be written, until an attempt shows that it can be, if
 * it was for want of room; and never again when the system may have lost what it had taken.
 */
export class WriteGate {
  #problem: KvError | undefined;
  #isPassing = false;
  /** Whether what was taken may be lost. */
  #isLost = false;
  #probing: Promise<void> | undefined;
  #probedAt = Number.NEGATIVE_INFINITY;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #onWarning: (message: string) => void;
  readonly #probe: () => Promise<void>;

  /**
   * @param name what warnings call the log.
   * @param probe removes what is left of a write that failed, and rejects if the next would fail.
   */
  constructor(
    name: string,
    clock: Clock,
    onWarning: (message: string) => void,
    probe: () => Promise<void>,
  ) {
    this.#name = name;
    this.#clock = clock;
    this.#onWarning = onWarning;
    this.#probe = probe;
  }

  /** Why nothing is taken. */
  get problem(): KvError | undefined {
    return this.#problem;
  }

  /** Why it cannot be made certain that all that was taken is durable. */
  get loss(): KvError | undefined {
    return this.#isLost ? this.#problem : undefined;
  }

  /** To be called when there is something to write: why that is refused. May try whether it could be written. */
  refusal(): KvError | undefined {
    if (this.#problem === undefined) return undefined;
    if (this.#isPassing && this.#clock.now() - this.#probedAt >= PROBE_INTERVAL_MS) this.#try();
    return this.#problem;
  }

  /** Closes, since a write has failed. */
  fail(cause: unknown): KvError {
    if (this.#isLost) return this.#error('The log could not be written', cause);
    this.#isPassing = PASSING.has(codeOf(cause));
    const problem = this.#close('The log could not be written', cause);
    // What is left of the write is removed at any rate.
    this.#try();
    return problem;
  }

  /** Closes, since something could not be made durable, and may be lost. */
  lose(cause: unknown): KvError {
    if (this.#isLost && this.#problem !== undefined) return this.#problem;
    this.#isPassing = false;
    this.#isLost = true;
    return this.#close('The log could not be made durable', cause);
  }

  /** Waits until nothing is being tried. */
  async settle(): Promise<void> {
    await this.#probing;
  }

  #close(message: string, cause: unknown): KvError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#onWarning(`${this.#name} takes no changes: ${reason}`);
    this.#problem = this.#error(message, cause);
    return this.#problem;
  }

  #error(message: string, cause: unknown): KvError {
    return new KvError('STORAGE_FAILURE', message, { cause });
  }

  #try(): void {
    this.#probedAt = this.#clock.now();
    this.#probing ??= this.#tryOnce().finally(() => {
      this.#probing = undefined;
    });
  }

  async #tryOnce(): Promise<void> {
    try {
      await this.#probe();
    } catch (cause) {
      this.#isPassing &&= PASSING.has(codeOf(cause));
      return;
    }
    if (!this.#isPassing) return;
    this.#problem = undefined;
    this.#onWarning(`${this.#name} takes changes again`);
  }
}
