import { describe, it } from 'vitest';
import { type CrashSuiteOptions, DEFAULT_ROUNDS, runCrashCheck } from './crash-check.js';
import { crashChecks } from './crash-checks.js';

/** Long enough for a machine that is busy; a round takes about a second. */
const ROUND_TIMEOUT_MS = 10_000;

/**
 * Registers, with vitest, the tests that every persistent storage engine passes: that what it has answered is there
 * when its process was killed, at whatever moment. Processes are killed, not machines: what the operating system
 * has been given stays, so that this says nothing about power cuts.
 */
export function crashSuite(options: CrashSuiteOptions): void {
  const { name, rounds = DEFAULT_ROUNDS } = options;
  describe(`${name}: its process is killed`, { timeout: (rounds + 1) * ROUND_TIMEOUT_MS }, () => {
    for (const check of crashChecks) {
      it(check.title, async ({ skip, signal }) => {
        const tally = await runCrashCheck(check, options, signal);
        if (tally === undefined) skip(`no ${check.needs}`);
      });
    }
  });
}
