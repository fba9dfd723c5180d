import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How long a process may take to end by itself. */
const GRACE_MS = 5000;

/** How a process ended. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that has been started, and what it has said so far. */
export class RunningProcess {
  /** Rejects if the command cannot be started at all, with the error of the operating system. */
  readonly ended: Promise<End>;
  readonly #child: ChildProcessWithoutNullStreams;
  #stdout = '';
  #stderr = '';
  /** How much of stdout has been read as lines. */
  #read = 0;

  /** @param onEnd called once, when the process is gone. */
  constructor([command = '', ...args]: readonly string[], onEnd: () => void) {
    this.#child = spawn(command, args);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    // A process that is gone needs not to be told anything; that it is gone, its end tells.
    this.#child.stdin.on('error', () => {});
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }) as End);
    // Whoever waits for the end hears of the error; here it only must not be unheard.
    this.ended.catch(() => {}).finally(onEnd);
  }

  /** The number of the process; taskset makes itself into the command, so it is the command's. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The next line of stdout; none if the process has ended before. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#stdout.indexOf('\n', this.#read);
      if (end >= 0) {
        const line = this.#stdout.slice(this.#read, end);
        this.#read = end + 1;
        return line;
      }
      const more = once(this.#child.stdout, 'data').then(() => true);
      if (!(await Promise.race([more, this.ended.then(() => false)]))) return undefined;
    }
  }

  /** The first line of stdout from now on that matches; none if the process has ended before. */
  async lineLike(pattern: RegExp): Promise<RegExpExecArray | undefined> {
    for (let line = await this.line(); line !== undefined; line = await this.line()) {
      const match = pattern.exec(line);
      if (match !== null) return match;
    }
    return undefined;
  }

  /** Tells the process that no more will come on stdin, and waits until it has ended of that. */
  async finish(): Promise<void> {
    this.#child.stdin.end();
    await this.#gone();
  }

  /** Asks the process to end, and sees to it that it does. */
  async end(): Promise<void> {
    this.signal('SIGTERM');
    await this.#gone();
  }

  async #gone(): Promise<void> {
    const timer = setTimeout(() => this.signal('SIGKILL'), GRACE_MS);
    await this.ended;
    clearTimeout(timer);
  }
}
