import { RunningProcess } from './running-process.js';

/**
 * The processes that the benchmark has started. None outlives it: they are ended when an interruption
 * comes, when something fails, and, should all else go wrong, when this process exits.
 */
export class Processes {
  readonly #running: Set<RunningProcess> = new Set();
  readonly #interruption: AbortSignal;

  constructor(interruption: AbortSignal) {
    this.#interruption = interruption;
    interruption.addEventListener('abort', this.#killAll, { once: true });
    process.once('exit', this.#killAll);
  }

  /** @throws the reason of the interruption, once there is one. */
  start(command: readonly string[]): RunningProcess {
    this.#interruption.throwIfAborted();
    const started = new RunningProcess(command, () => this.#running.delete(started));
    this.#running.add(started);
    return started;
  }

  /**
   * Runs a command to its end.
   *
   * @returns what it wrote to stdout.
   * @throws {Error} with what it wrote to stderr, if it fails.
   */
  async run(command: readonly string[]): Promise<string> {
    const started = this.start(command);
    const { code, signal } = await started.ended;
    this.#interruption.throwIfAborted();
    if (code === 0) return started.stdout;
    const how = signal === null ? `failed with ${code}` : `was ended by ${signal}`;
    throw new Error(`${command.join(' ')} ${how}:\n${started.stderr}`);
  }

  /** Ends what is still running, and waits until it is gone. */
  async close(): Promise<void> {
    this.#killAll();
    await Promise.all(Array.from(this.#running, ({ ended }) => ended.catch(() => {})));
    process.off('exit', this.#killAll);
    this.#interruption.removeEventListener('abort', this.#killAll);
  }

  readonly #killAll = (): void => {
    for (const each of this.#running) each.signal('SIGKILL');
  };
}
