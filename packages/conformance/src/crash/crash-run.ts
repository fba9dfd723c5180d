import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../random.js';
import type { Fingerprint } from './fingerprint.js';
import { History, placeName } from './history.js';
import { EXPECTED_LENGTHS, type Phase, type PhaseLengths, Phases } from './phases.js';
import type { Command, Report } from './report.js';
import { WorkerProcess } from './worker-process.js';

/** What becomes of a worker, once it has been started. */
export interface Life {
  /** What it is told while it writes. */
  readonly told?: Command;
  /** What it is killed at. If absent, it ends by itself, for it was told to close. */
  readonly killed?: Phase;
}

/** What a {@link CrashRun} is about. */
export interface CrashRunOptions {
  readonly worker: URL;
  /** Where the directories of the engine are made. */
  readonly directory: string;
  /** See `CrashSuiteOptions`. */
  readonly prefix: boolean;
  readonly seed: number;
  /** Kills the worker that there is. */
  readonly signal: AbortSignal;
}

/** What there was in a {@link CrashRun}. */
export interface CrashTally {
  workers: number;
  /** How many workers were killed before what they were killed at was over. */
  killed: number;
  called: number;
  answered: number;
}

/**
 * A worker that writes is killed, or told something, after no more reports than one of these: often after a few, for
 * what comes first after an opening is soon written over.
 */
const WRITING_LENGTHS = [20, 500, 5_000] as const;

/** Workers that open an engine, one after the other, and what must be there when the next one does. */
export class CrashRun {
  readonly tally: CrashTally = { workers: 0, killed: 0, called: 0, answered: 0 };
  /** Whether the engine makes snapshots; `undefined` as long as no worker has opened it. */
  snapshots: boolean | undefined;
  /** What was reported since a worker has found what it must find; without turns. */
  reports: Report[] = [];
  readonly #options: CrashRunOptions;
  readonly #random: Random;
  readonly #lengths: PhaseLengths = new Map(EXPECTED_LENGTHS);
  #history: History;
  #directories = 0;

  constructor(options: CrashRunOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#history = new History(options);
  }

  /** Where the engine is opened. */
  get directory(): string {
    return join(this.#options.directory, `engine-${this.#directories}`);
  }

  /** From now on the engine is opened in a directory that is new and empty. */
  async startAnew(): Promise<void> {
    this.#directories++;
    this.#history = new History(this.#options);
    await mkdir(this.directory);
  }

  /**
   * Has a worker open the engine, checks what it finds, has it write, and ends it.
   *
   * @throws if anything is not as it must be.
   */
  async live({ told, killed }: Life): Promise<void> {
    const phases = new Phases(this.#lengths);
    const state = new Map<string, Fingerprint>();
    const tellAt = this.#momentOf('writing');
    const killAt = killed && this.#momentOf(killed);
    const worker = this.#start((report) => {
      if (report.type !== 'turn') this.reports.push(report);
      this.#check(report, state);
      phases.hear(report);
      if (told !== undefined && phases.count('writing') === tellAt) worker.tell(told);
      if (killed !== undefined && phases.count(killed) === killAt) worker.kill();
    });
    await worker.ended();
    if (killed !== undefined && !phases.over(killed)) this.tally.killed++;
  }

  /** How many reports after the beginning of a phase something shall happen. */
  #momentOf(phase: Phase): number {
    const length = this.#lengths.get(phase) ?? this.#random.pick(WRITING_LENGTHS);
    return this.#random.below(length + 1);
  }

  #start(onReport: (report: Report) => void): WorkerProcess {
    const { worker, seed, signal } = this.#options;
    const generation = this.tally.workers++;
    const task = { worker: worker.href, directory: this.directory, seed, generation };
    return new WorkerProcess(task, onReport, signal);
  }

  /** @param state gathers what the worker finds. */
  #check(report: Report, state: Map<string, Fingerprint>): void {
    switch (report.type) {
      case 'opened':
        this.snapshots = report.snapshots;
        break;
      case 'table':
        for (const [key, value] of report.entries) state.set(placeName(report.table, key), value);
        break;
      case 'ready':
        this.#history.reopened(state);
        this.reports = [];
        break;
      case 'called':
        this.tally.called++;
        this.#history.call(report.call);
        break;
      case 'answered':
        this.tally.answered++;
        this.#history.answer(report.id, report.values);
        break;
    }
  }
}
