import type { ByteWriter, CommandName } from '@kv/protocol';
import type { NameLimits } from '../limits.js';
import type { StorageLane } from '../storage/storage-lane.js';
import type { Tally } from '../tally.js';
import { BatchReader } from './batch-reader.js';
import { TableReader } from './table-reader.js';

/** The short way of requests for several keys or a whole table, as far as the storage has one. */
export class BatchLane {
  #storage: StorageLane;
  readonly #tally: Tally;
  readonly #batch: BatchReader;
  readonly #table: TableReader;

  constructor(storage: StorageLane, limits: NameLimits, tally: Tally) {
    this.#storage = storage;
    this.#tally = tally;
    this.#batch = new BatchReader(limits);
    this.#table = new TableReader(limits);
  }

  /** As {@link Lane.use}. */
  use(storage: StorageLane): void {
    this.#storage = storage;
  }

  /**
   * Does what {@link Lane.answerMany} does.
   *
   * @param view over the same bytes.
   */
  answer(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    out: ByteWriter,
    maxBytes: number,
  ): boolean {
    const storage = this.#storage;
    const batch = this.#batch;
    if (storage.executeBatch !== undefined && batch.read(bytes, view, start, end)) {
      return this.#answered(batch.command, storage.executeBatch(batch, out));
    }
    const table = this.#table;
    if (storage.executeTable !== undefined && table.read(bytes, view, start, end)) {
      return this.#answered('hgetall', storage.executeTable(table, out, maxBytes));
    }
    return false;
  }

  #answered(command: CommandName, status: number): boolean {
    if (status === 0) return false;
    this.#tally.answered(command, status);
    return true;
  }
}
