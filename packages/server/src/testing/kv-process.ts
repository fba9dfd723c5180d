import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/kv.js', import.meta.url));

/** How a process ended, and all that it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The `kv` command in a process of its own. It runs what was built, not the sources. */
export class KvProcess {
  /** Resolves when the process is gone and everything it wrote has been read. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessWithoutNullStreams;
  #stdout = '';
  #stderr = '';

  private constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args);
    this.#child.stdout.setEncoding('utf8').on('data', (text) => {
      this.#stdout += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
    });
    this.ended = once(this.#child, 'close').then(([code]) => ({
      code,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  /** Processes that have been started and not yet been killed by {@link killAll}. */
  static readonly #started: Set<KvProcess> = new Set();

  static start(...args: string[]): KvProcess {
    return KvProcess.#start(process.execPath, [BIN, ...args]);
  }

  /** Starts `kv` with so many descriptors at the most, and with a heap of so many MiB. */
  static startLimited(
    { descriptors, heapMb }: { descriptors: number; heapMb?: number | undefined },
    ...args: string[]
  ): KvProcess {
    const script = `ulimit -n ${descriptors} && exec "$0" "$@"`;
    const heap = ['--max-semi-space-size=1', `--max-old-space-size=${heapMb}`];
    const flags = heapMb === undefined ? [] : heap;
    return KvProcess.#start('sh', ['-c', script, process.execPath, ...flags, BIN, ...args]);
  }

  static #start(command: string, args: readonly string[]): KvProcess {
    const started = new KvProcess(command, args);
    KvProcess.#started.add(started);
    return started;
  }

  /** Starts `kv` and waits until it has ended. */
  static run(...args: string[]): Promise<Ended> {
    return KvProcess.start(...args).ended;
  }

  /** Ends what a test has left running. */
  static async killAll(): Promise<void> {
    const started = [...KvProcess.#started];
    KvProcess.#started.clear();
    for (const each of started) each.signal('SIGKILL');
    await Promise.all(started.map((each) => each.ended));
  }

  /** Waits for the line that says where a server listens. */
  async url(): Promise<string> {
    while (!this.#stdout.includes('\n')) {
      const ended = this.ended.then(({ stderr }) => {
        throw new Error(`kv ended before it said where it listens: ${stderr}`);
      });
      await Promise.race([once(this.#child.stdout, 'data'), ended]);
    }
    return this.#stdout.trim().replace('kv listens on ', '');
  }

  /** How many descriptors it has open. */
  descriptors(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length;
  }

  /** How much memory it has. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  /** Waits until it has written so many lines. */
  async lines(count: number): Promise<string[]> {
    for (;;) {
      const lines = this.#stdout.split('\n').slice(0, -1);
      if (lines.length >= count) return lines;
      await once(this.#child.stdout, 'data');
    }
  }

  /** Waits until `stderr` has a line. */
  async warning(): Promise<string> {
    while (!this.#stderr.includes('\n')) await once(this.#child.stderr, 'data');
    return this.#stderr;
  }

  /** Writes to its standard input, and ends that. */
  input(bytes: string | Uint8Array): void {
    // It need not read all of it.
    this.#child.stdin.on('error', () => {}).end(bytes);
  }

  /** Stops reading what it writes, as `head` does when it has seen enough. */
  stopReading(): void {
    this.#child.stdout.destroy();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}
