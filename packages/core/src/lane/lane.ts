import type { ByteWriter } from '@kv/protocol';
import type { Limits } from '../limits.js';
import type { StorageLane } from '../storage/storage-lane.js';
import type { Tally } from '../tally.js';
import { LaneReader } from './lane-reader.js';

/**
 * The short way of a request: from its bytes to those of its response, in a storage that can do that.
 * Nothing can be told from the answers but how soon they come: whatever is out of the ordinary is left to
 * the plain path, which is the specification of this one.
 */
export class Lane {
  readonly #storage: StorageLane;
  readonly #tally: Tally;
  readonly #reader: LaneReader;

  constructor(storage: StorageLane, limits: Limits, tally: Tally) {
    this.#storage = storage;
    this.#tally = tally;
    this.#reader = new LaneReader(limits);
  }

  /**
   * Carries out the `CommandRequest` from `start` to `end`, and appends its `CommandResponse` to `out`.
   *
   * @returns false, with nothing done, if it is one for the plain path.
   */
  answer(bytes: Uint8Array, start: number, end: number, out: ByteWriter): boolean {
    const reader = this.#reader;
    if (!reader.read(bytes, start, end)) return false;
    const status = this.#storage.execute(reader, out);
    if (status === 0) return false;
    this.#tally.answered(reader.command, status);
    return true;
  }
}
