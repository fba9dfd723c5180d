import type { Storage } from '@kv/core';
import { describe, expect, it } from 'vitest';
import { answerFaults } from '../testing/answer-faults.js';
import { feedFaults } from '../testing/feed-faults.js';
import { iterationFaults } from '../testing/iteration-faults.js';
import { laneFaults } from '../testing/lane-faults.js';
import { ModelStorage } from '../testing/model-storage.js';
import { nameFaults } from '../testing/name-faults.js';
import { persistenceFaults } from '../testing/persistence-faults.js';
import { scanFaults } from '../testing/scan-faults.js';
import { timingFaults } from '../testing/timing-faults.js';
import { valueFaults } from '../testing/value-faults.js';
import { writeFaults } from '../testing/write-faults.js';
import { persistenceChecks } from './checks/persistence.js';
import { runStorageCheck } from './storage-check.js';
import { storageChecks } from './storage-suite.js';

const checks = Object.values(storageChecks).flat();
const faults = [
  ...[...answerFaults, ...valueFaults, ...nameFaults, ...writeFaults],
  ...[...timingFaults, ...iterationFaults, ...scanFaults, ...persistenceFaults, ...laneFaults],
  ...feedFaults,
];

const reopen = (storage: Storage): Promise<Storage> => (storage as ModelStorage).reopen();

describe('the suite catches a storage that', () => {
  it.each(faults)(
    '$fault',
    async ({ fault, caughtBy, open }) => {
      const matching = checks.filter(({ title }) => caughtBy.test(title));
      expect(matching).not.toHaveLength(0);
      for (const check of matching) {
        const running = runStorageCheck(check, { name: fault, open, reopen });
        await expect(running, check.title).rejects.toThrow();
      }
      // Some go far before they find it out.
    },
    60_000,
  );

  it('is persistent but cannot be opened again', async () => {
    for (const check of persistenceChecks) {
      const running = runStorageCheck(check, { name: 'lost', open: () => new ModelStorage() });
      await expect(running, check.title).rejects.toThrow('needs its `reopen`');
    }
  });
});

describe('each check of the suite catches something', () => {
  it.each(checks)('$title', ({ title }) => {
    expect(faults.filter(({ caughtBy }) => caughtBy.test(title))).not.toHaveLength(0);
  });
});

describe('a generated test', () => {
  it('names its seed and its calls when it fails', async () => {
    const check = checks.find(({ title }) => title.startsWith('calls that overlap'));
    const { open } = timingFaults.find(({ caughtBy }) => caughtBy.test(`${check?.title}`)) ?? {};
    if (check === undefined || open === undefined) throw new Error('There is no such check');
    const running = runStorageCheck(check, { name: 'seeded', open, reopen, seed: 7 });
    await expect(running).rejects.toThrow(/seed 7, burst \d+: .*set /);
  });
});
