import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crashFaults } from '../testing/crash-faults.js';
import { crashWorker } from '../testing/crash-worker-url.js';
import { runCrashCheck } from './crash-check.js';
import { crashChecks } from './crash-checks.js';

/** More than it takes, for whether a kill comes at a bad moment is a matter of luck. */
const ROUNDS = 100;
const TIMEOUT_MS = 60_000;

/** What most of them are found out by. */
const LOST = /^The key ".*" of table ".*" has .*\. It can only have /;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-crash-faults-'));
});
afterAll(() => rm(directory, { recursive: true }));

const faults = Object.entries(crashFaults);

describe('the suite catches a storage that', { timeout: TIMEOUT_MS }, () => {
  describe.each(faults)('%s', (fault, { caughtBy, says = LOST }) => {
    const matching = crashChecks.filter(({ title }) => caughtBy.test(title));

    it.each(matching)('by: $title', async (check) => {
      const options = { name: fault, worker: crashWorker({ fault }), rounds: ROUNDS, directory };
      const running = runCrashCheck(check, options, new AbortController().signal);
      await expect(running).rejects.toThrow(says);
    });
  });
});

describe('each check of the suite catches something', () => {
  it.each(crashChecks)('$title', ({ title }) => {
    expect(faults.filter(([, { caughtBy }]) => caughtBy.test(title))).not.toHaveLength(0);
  });
});
