import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crashWorker } from '../testing/crash-worker-url.js';
import { type CrashSuiteOptions, runCrashCheck } from './crash-check.js';
import type { CrashTally, Life } from './crash-run.js';

/** Processes take their time on a machine that is busy. */
const TIMEOUT_MS = 60_000;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-crash-check-'));
});
afterEach(() => rm(directory, { recursive: true }));

const never = new AbortController().signal;

/** A check of one round, in which workers live like this. */
function run(
  round: readonly Life[],
  options: Partial<CrashSuiteOptions> = {},
  signal = never,
): Promise<CrashTally | undefined> {
  const check = { title: 'a check', round };
  const worker = crashWorker();
  return runCrashCheck(check, { name: 'test', worker, rounds: 1, directory, ...options }, signal);
}

/** A worker whose module has this text. */
function moduleOf(text: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

describe('a check', { timeout: TIMEOUT_MS }, () => {
  it('tells what there was to check, and leaves nothing behind', async () => {
    const tally = await run([{ killed: 'writing' }, { told: 'close' }], { rounds: 2 });
    expect(tally).toMatchObject({ workers: 5, killed: 2 });
    expect(tally?.answered).toBeGreaterThan(0);
    expect(tally?.called).toBeGreaterThan(tally?.answered ?? 0);
    expect(await readdir(directory)).toEqual([]);
  });

  it('has all calls answered of workers that close', async () => {
    const tally = await run([{ told: 'close' }]);
    expect(tally?.called).toBe(tally?.answered);
  });

  it.each([{}, { snapshots: 'none' } as const])(
    'needs what it needs: %j',
    async (peculiarities) => {
      const worker = crashWorker(peculiarities);
      const options = { name: 'test', worker, rounds: 1, directory };
      const round: Life[] = [{ told: 'snapshot', killed: 'writing' }];
      const check = { title: 'a check', needs: 'snapshots', round } as const;
      const tally = await runCrashCheck(check, options, never);
      expect(tally !== undefined).toBe(!('snapshots' in peculiarities));
      expect(await readdir(directory)).toEqual([]);
    },
  );
});

describe('a check that fails', { timeout: TIMEOUT_MS }, () => {
  it('says with which seed, and leaves what there was and what was called', async () => {
    const worker = crashWorker({ fault: 'writes down no deletions' });
    const error: Error = await run([{ told: 'close' }], { worker, rounds: 100, seed: 7 }).then(
      () => new Error('It did not fail'),
      (caught) => caught,
    );
    const [, left = ''] = /\nWith seed 7, worker \d+ of (\S+);/.exec(error.message) ?? [];
    expect(existsSync(join(left, 'data.jsonl'))).toBe(true);
    const reports = await readFile(join(dirname(left), 'reports.jsonl'), 'utf8');
    expect(reports.split('\n').map((line) => JSON.parse(line).type)).toEqual(
      expect.arrayContaining(['called', 'answered', 'closed', 'opening', 'table', 'ready']),
    );
  });

  it.each([
    ['has no engine', 'export const open = 1', 'undefined'],
    [
      'cannot open the engine',
      'export default { open() { throw new Error("No disk"); } }',
      'No disk',
    ],
    ['exits', 'export default { open() { process.exit(3); } }', 'with 3:'],
  ])('says what a worker said that %s', async (_, text, said) => {
    const running = run([{ killed: 'writing' }], { worker: moduleOf(text) });
    await expect(running).rejects.toThrow(/^A worker ended by itself/);
    await expect(running).rejects.toThrow(said);
  });

  it('ends when it is told to', async () => {
    const aborting = new AbortController();
    const running = run([{}], {}, aborting.signal);
    aborting.abort();
    await expect(running).rejects.toThrow('aborted');
  });
});
