import type { Awaitable } from '@kv/protocol';

/** What a log is read into. */
export interface Replay {
  /**
   * Called once, before all changes, if the log begins with a snapshot: what comes first is in the order of hashes.
   *
   * @param hashSeed what the hashes were made with, 8 bytes.
   */
  beginSnapshot?(hashSeed: Uint8Array): void;
  /**
   * Called for each change in order: those of the snapshot, if there is one, then those that came after it.
   *
   * @param bytes are its own only until it returns.
   * @param view over the same bytes, at the same offsets.
   * @param start where the `CommandRequest` begins that is the change.
   * @param end where it ends.
   */
  change(bytes: Buffer, view: DataView, start: number, end: number): void;
}

/** What is told, besides, when the changes of a block have been given. */
export interface BlockReplay extends Replay {
  /** What it answers is waited for. */
  endBlock?(): Awaitable<void>;
}
