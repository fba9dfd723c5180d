import {
  type CommandRequest,
  LaneReader,
  type NameLimits,
  SlabStorage,
  type StorageLane,
} from '@kv/core';
import { ByteWriter, KvError, requiredValue, straightLineCodec } from '@kv/protocol';

/** The limits have been kept when the changes were logged. */
export const NO_LIMITS: NameLimits = {
  maxTableBytes: Number.POSITIVE_INFINITY,
  maxKeyBytes: Number.POSITIVE_INFINITY,
};

/** Where the data is, in memory: what the changes of the log make of it. */
export class Memory {
  readonly storage: SlabStorage;
  readonly lane: StorageLane;
  readonly #reader = new LaneReader(NO_LIMITS);
  readonly #ignored = new ByteWriter();

  /** @param hashKey of the storage: {@link SlabStorageOptions.hashKey}. */
  constructor(hashKey: Uint8Array) {
    this.storage = new SlabStorage({ hashKey });
    this.lane = this.storage.lane;
  }

  /**
   * Applies a change of the log: an encoded `CommandRequest`, from `start` to `end`.
   *
   * @throws {KvError} `STORAGE_FAILURE` if there is no memory, or if it is no change.
   */
  apply(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    const isRead = this.#reader.read(bytes, view, start, end);
    const status = isRead ? this.lane.execute(this.#reader, this.#ignored) : 0;
    this.#ignored.length = 0;
    if (status === 0) this.#applyRequest(straightLineCodec.decodeRequest(bytes, start, end));
  }

  #applyRequest({ requestData }: CommandRequest): void {
    switch (requestData.case) {
      case 'hset': {
        const { table, pair } = requestData.value;
        if (pair === undefined) break;
        this.storage.set(table, pair.key, requiredValue(pair.value));
        return;
      }
      case 'hdel':
        this.storage.del(requestData.value.table, requestData.value.key);
        return;
    }
    throw new KvError('STORAGE_FAILURE', 'The log has a change that changes nothing');
  }
}
