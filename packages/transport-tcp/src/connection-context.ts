import type { Counters } from './counters.js';
import type { FlushQueue } from './flush-queue.js';
import type { FrameRuns } from './frame-run.js';
import type { Settings } from './options.js';
import type { Sweeper } from './sweeper.js';
import type { WriterPool } from './writer-pool.js';

/** What a connection shares with the others of its transport. */
export interface ConnectionContext {
  readonly settings: Settings;
  readonly counters: Counters;
  readonly sweeper: Sweeper;
  readonly writers: WriterPool;
  readonly queue: FlushQueue;
  readonly runs: FrameRuns;
}
