import type { Fingerprint } from './fingerprint.js';
import type { Call } from './history.js';

/**
 * What a worker tells, in the order in which it happens. A call is told before it is made, and an answer
 * when it is there, so that whenever the worker is killed no more has been called than was told, and no
 * less has been answered.
 */
export type Report =
  /** The engine is about to be opened. */
  | { readonly type: 'opening' }
  | { readonly type: 'opened'; readonly snapshots: boolean }
  /** All that is in a table, before anything is written. */
  | { readonly type: 'table'; readonly table: string; readonly entries: readonly FoundEntry[] }
  /** All tables have been told; calls follow. */
  | { readonly type: 'ready' }
  | { readonly type: 'called'; readonly call: Call }
  | { readonly type: 'answered'; readonly id: number; readonly values: readonly Fingerprint[] }
  /** The worker is about to end with this error. */
  | { readonly type: 'failed'; readonly id: number; readonly error: string }
  | { readonly type: 'snapshot' }
  | { readonly type: 'snapshotted' }
  | { readonly type: 'closing' }
  | { readonly type: 'closed' }
  /** A turn of the event loop, so that whatever takes its time has moments that can be counted. */
  | { readonly type: 'turn' };

/** A key that is there, and its value. */
export type FoundEntry = readonly [key: string, value: Fingerprint];

/** What a worker may be told. */
export type Command = 'snapshot' | 'close';

/** What a worker is started with. */
export interface WorkerTask {
  /** The URL of the module whose default export is a `CrashWorker`. */
  readonly worker: string;
  readonly directory: string;
  /** Of its calls. */
  readonly seed: number;
  /** How many workers there have been in the directory before: no two of them write the same values. */
  readonly generation: number;
}

/** The descriptor on which a worker reports: a line of JSON for each. */
export const REPORT_FD = 3;
