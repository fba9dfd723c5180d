import type { CrashWorker } from '../crash/crash-worker.js';
import { crashFaults } from './crash-faults.js';
import { JsonLinesStorage } from './json-lines-storage.js';
import { SerialStorage } from './serial-storage.js';

const parameters = new URL(import.meta.url).searchParams;
const { storage } = crashFaults[`${parameters.get('fault')}`] ?? { storage: JsonLinesStorage };

/** Opens the storage with the fault that the URL of this module names; without one, the one that has none. */
const worker: CrashWorker = {
  async open(directory) {
    const opened = await storage.open(directory);
    return parameters.get('snapshots') === 'none' ? new SerialStorage(opened) : opened;
  },
};

export default worker;
