import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrashRun, type CrashTally, type Life } from './crash-run.js';

/** What {@link crashSuite} needs to know of an engine. */
export interface CrashSuiteOptions {
  /** What the suite is called in the report. */
  readonly name: string;
  /** The module whose default export is a `CrashWorker`. Node.js must be able to load it as it is. */
  readonly worker: URL;
  /**
   * Whether what is left, after a crash, of the writes that were not answered is the first so many of them, as it is
   * of a log. By default that holds only of those that have keys in common.
   */
  readonly prefix?: boolean;
  /** How often each check is repeated: 5 times by default. */
  readonly rounds?: number;
  /** What the calls and the moments are made of: an integer, 1 by default. */
  readonly seed?: number;
  /** Where directories for the engine are made: by default where the system has what is temporary. */
  readonly directory?: string;
}

/** What may happen to a process, and must not harm the data. */
export interface CrashCheck {
  readonly title: string;
  /** Without what there is nothing to check. */
  readonly needs?: 'snapshots';
  /** Whether each round is in a directory of its own, in which the engine was never opened. */
  readonly anew?: boolean;
  /** The workers of a round, one after the other. */
  readonly round: readonly Life[];
}

/** How many rounds a check has if nothing else is said. */
export const DEFAULT_ROUNDS = 5;

/**
 * Runs a check. What the engine leaves behind is removed, unless something is wrong.
 *
 * @returns what there was to check; nothing if the engine lacks what the check needs.
 * @throws an error that says what is wrong, and where to look for more.
 */
export async function runCrashCheck(
  check: CrashCheck,
  options: CrashSuiteOptions,
  signal: AbortSignal,
): Promise<CrashTally | undefined> {
  const { worker, rounds = DEFAULT_ROUNDS, seed = 1, prefix = false } = options;
  const directory = await mkdtemp(join(options.directory ?? tmpdir(), 'kv-crash-'));
  const run = new CrashRun({ worker, directory, prefix, seed, signal });
  try {
    await runRounds(check, rounds, run);
  } catch (cause) {
    const lines = run.reports.map((report) => JSON.stringify(report));
    await writeFile(join(directory, 'reports.jsonl'), lines.join('\n'));
    const where = `With seed ${seed}, worker ${run.tally.workers} of ${run.directory}`;
    throw new Error(`${(cause as Error).message}\n${where}; see reports.jsonl beside it`, {
      cause,
    });
  }
  await rm(directory, { recursive: true });
  return lacks(check, run) ? undefined : run.tally;
}

async function runRounds(check: CrashCheck, rounds: number, run: CrashRun): Promise<void> {
  for (let i = 0; i < rounds && !lacks(check, run); i++) {
    if (i === 0 || check.anew) await run.startAnew();
    for (const life of check.round) await run.live(life);
    // Another worker has to find what the last one left.
    if (check.anew || i === rounds - 1) await run.live({ told: 'close' });
  }
}

/** Whether it is known that the engine lacks what the check needs. */
function lacks({ needs }: CrashCheck, run: CrashRun): boolean {
  return needs !== undefined && run[needs] === false;
}
