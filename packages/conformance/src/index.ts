// For authors of storage engines.

export type { CrashSuiteOptions } from './crash/crash-check.js';
export { crashSuite } from './crash/crash-suite.js';
export type { CrashWorker } from './crash/crash-worker.js';
export type { StorageSuiteOptions } from './storage/storage-check.js';
export { storageSuite } from './storage/storage-suite.js';

// For authors of transports.

export type { TransportSuiteOptions } from './transport/transport-check.js';
export { transportSuite } from './transport/transport-suite.js';
export type {
  TransportOptions,
  TransportPeer,
  TransportUnderTest,
} from './transport/transport-under-test.js';

// For both, and for whoever has commands carried out otherwise.

export type { CommandCase, RequestCase, RequestStep } from './command/command-case.js';
export { casesOf, commandCases, emptyRequestCase } from './command/command-cases.js';
export {
  type CommandExecutor,
  type CommandSuiteOptions,
  commandSuite,
} from './command/command-suite.js';
export { type ExpectedResponse, expectResponse } from './command/expected-response.js';
export { runRequestCase } from './command/run-request-case.js';
export { HeldStorage, type Hold } from './held-storage.js';
