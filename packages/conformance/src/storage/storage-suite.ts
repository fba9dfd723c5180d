import { describe, it } from 'vitest';
import { answerChecks } from './checks/answers.js';
import { byteChecks } from './checks/bytes.js';
import { closingChecks } from './checks/closing.js';
import { concurrencyChecks } from './checks/concurrency.js';
import { feedChecks } from './checks/feed.js';
import { iterationChecks } from './checks/iteration.js';
import { laneChecks } from './checks/lane.js';
import { nameChecks } from './checks/names.js';
import { persistenceChecks } from './checks/persistence.js';
import { scanChecks } from './checks/scan.js';
import { valueChecks } from './checks/values.js';
import { writeChecks } from './checks/writes.js';
import { runStorageCheck, type StorageCheck, type StorageSuiteOptions } from './storage-check.js';

/** Every check there is, by what it is about. */
export const storageChecks: Readonly<Record<string, readonly StorageCheck[]>> = {
  answers: answerChecks,
  values: valueChecks,
  bytes: byteChecks,
  names: nameChecks,
  write: writeChecks,
  concurrency: concurrencyChecks,
  iteration: iterationChecks,
  scan: scanChecks,
  lane: laneChecks,
  feed: feedChecks,
  close: closingChecks,
  persistence: persistenceChecks,
};

/**
 * Registers, with vitest, the tests that every storage engine passes: one for each sentence of the
 * contract of `Storage`, on a storage of its own. What an engine does not declare as a capability is
 * reported as skipped.
 */
export function storageSuite(options: StorageSuiteOptions): void {
  describe(`${options.name}: the contract of Storage`, () => {
    for (const [subject, checks] of Object.entries(storageChecks)) {
      describe(subject, () => {
        for (const check of checks) {
          it(check.title, async ({ skip }) => {
            const checked = await runStorageCheck(check, options);
            if (!checked) skip(`not ${check.needs}`);
          });
        }
      });
    }
  });
}
