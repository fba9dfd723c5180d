import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Command, REPORT_FD, type Report, type WorkerTask } from './report.js';

/** Node.js runs what was built, also when the tests run from the sources. */
const MAIN = fileURLToPath(new URL('../../dist/crash/worker-main.js', import.meta.url));

/** What is told of a process that ended by itself. */
const MOST_OUTPUT = 4_000;

/** A process that opens an engine, and writes to it until it is killed. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #onReport: (report: Report) => void;
  #output = '';
  #rest = '';
  #closed = false;
  #killed = false;
  #problem: unknown;
  /** The call that failed first: what is wrong beside that may come of it. */
  #failure: Extract<Report, { type: 'failed' }> | undefined;

  /**
   * @param onReport called for each report, also for those that it made before it was killed. If it throws, the worker
   * is killed, and `ended` rejects with what was thrown.
   * @param signal kills it too.
   */
  constructor(task: WorkerTask, onReport: (report: Report) => void, signal: AbortSignal) {
    this.#onReport = onReport;
    this.#child = spawn(process.execPath, [MAIN, JSON.stringify(task)], {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    });
    const [stdin, stdout, stderr] = this.#child.stdio;
    // A worker that is gone needs not to be told anything.
    stdin?.on('error', () => {});
    for (const output of [stdout, stderr]) {
      output?.on('data', (bytes) => {
        this.#output = `${this.#output}${bytes}`.slice(-MOST_OUTPUT);
      });
    }
    const reports = this.#child.stdio[REPORT_FD] as Readable;
    reports.setEncoding('utf8').on('data', (text: string) => this.#receive(text));
    this.#ended = once(this.#child, 'close');
  }

  /**
   * Waits until the process is gone, and all it said has been heard.
   *
   * @throws if a call of it has failed, or if it was neither killed nor told to close.
   */
  async ended(): Promise<void> {
    await this.#ended;
    if (this.#failure !== undefined) {
      throw new Error(`Call ${this.#failure.id} failed: ${this.#failure.error}`);
    }
    if (this.#problem !== undefined) throw this.#problem;
    const { exitCode, signalCode } = this.#child;
    if (this.#killed && signalCode === 'SIGKILL') return;
    if (this.#closed && exitCode === 0) return;
    throw new Error(`A worker ended by itself, with ${signalCode ?? exitCode}:\n${this.#output}`);
  }

  tell(command: Command): void {
    this.#child.stdin?.write(`${command}\n`);
  }

  kill(): void {
    this.#killed = true;
    this.#child.kill('SIGKILL');
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    // A report that is not whole was not made.
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(JSON.parse(line) as Report);
  }

  #take(report: Report): void {
    if (report.type === 'closed') this.#closed = true;
    if (report.type === 'failed') this.#failure ??= report;
    if (this.#problem !== undefined) return;
    try {
      this.#onReport(report);
    } catch (error) {
      this.#problem = error;
      this.kill();
    }
  }
}
