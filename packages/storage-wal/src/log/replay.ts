import type { Awaitable } from '@kv/protocol';
import type { ReplayRecords } from '../format/record.js';

/** What a log is read into: it is given the changes in order, those of the snapshot first, if there is one. */
export interface Replay extends ReplayRecords {
  /**
   * Called once, before all changes, if the log begins with a snapshot: what comes first is in the order of hashes.
   *
   * @param hashSeed what the hashes were made with, 8 bytes.
   */
  beginSnapshot?(hashSeed: Uint8Array): void;
}

/** What is told, besides, when the changes of a block have been given. */
export interface BlockReplay extends Replay {
  /** What it answers is waited for. */
  endBlock?(): Awaitable<void>;
}
