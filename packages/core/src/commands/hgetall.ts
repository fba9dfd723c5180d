import {
  type Awaitable,
  type CommandResponse,
  KvError,
  type KvpairMessage,
  okResponse,
  whenReady,
} from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { checkTable, DEFAULT_LIMITS } from '../limits.js';
import { pairMessage } from '../pair.js';
import { entryBytes } from '../storage/entry-bytes.js';
import type { Entry, Storage } from '../storage/storage.js';

/** Answers every pair of a table; none if there is no such table; 413 if the caller cannot be sent as much. */
export const hgetall: CommandService<'hgetall'> = (
  { table },
  { storage, limits = DEFAULT_LIMITS, maxResponseBytes = Number.POSITIVE_INFINITY },
) => {
  checkTable(table, limits);
  if (maxResponseBytes === Number.POSITIVE_INFINITY) {
    return whenReady(storage.getAll(table), (entries) => okResponse([], entries.map(pairMessage)));
  }
  return answerWithin(maxResponseBytes, storage, table);
};

/** Goes through the entries one by one, so that of a table that is too large not all is put together. */
function answerWithin(
  maxBytes: number,
  storage: Storage,
  table: string,
): Awaitable<CommandResponse> {
  const pairs = new BoundedPairs(maxBytes);
  const entries = storage.getIter(table);
  if (Symbol.iterator in entries) return pairs.addAll(entries);
  if (storage.capabilities.snapshotIteration) return pairs.addAllLater(entries);
  // One by one, they would be from before and after writes that are carried out meanwhile.
  return whenReady(storage.getAll(table), (all) => pairs.addAll(all));
}

class BoundedPairs {
  readonly #maxBytes: number;
  readonly #pairs: KvpairMessage[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  addAll(entries: Iterable<Entry>): CommandResponse {
    for (const entry of entries) this.#add(entry);
    return okResponse([], this.#pairs);
  }

  async addAllLater(entries: AsyncIterable<Entry>): Promise<CommandResponse> {
    for await (const entry of entries) this.#add(entry);
    return okResponse([], this.#pairs);
  }

  #add(entry: Entry): void {
    this.#bytes += entryBytes(entry);
    if (this.#bytes > this.#maxBytes) {
      throw new KvError(
        'TOO_LARGE',
        `The table exceeds the limit of ${this.#maxBytes} bytes on an answer: HSCAN reads it page by page`,
      );
    }
    this.#pairs.push(pairMessage(entry));
  }
}
