import type { ByteWriter } from '@kv/protocol';
import type { BatchItems, BatchRequest } from '../storage-lane.js';
import type { ByteWindow } from './byte-window.js';
import type { ResponseWriter } from './response-writer.js';
import type { SlabStore } from './slab-store.js';
import type { SlabTable } from './slab-table.js';
import { SlabWrite } from './slab-write.js';

/** So many keys are looked up together: their memory is fetched at one time. */
const TOGETHER = 16;

/** Carries out requests for several keys, which lie in a window, and appends what they are answered. */
export class SlabBatch {
  readonly #store: SlabStore;
  readonly #response: ResponseWriter;
  readonly #hashes = new Int32Array(TOGETHER);
  /** The addresses of the keys that were looked up last; 0 for one that is not there. */
  readonly #found = new Int32Array(TOGETHER);
  /** What was read to have it fetched, which means nothing. */
  protected fetched = 0;

  constructor(store: SlabStore, response: ResponseWriter) {
    this.#store = store;
    this.#response = response;
  }

  /** Appends the value of each key, or whether it is there. */
  read(
    { command, items }: BatchRequest,
    table: SlabTable | undefined,
    source: ByteWindow,
    out: ByteWriter,
  ): void {
    const response = this.#response;
    for (let from = 0; from < items.count; from += TOGETHER) {
      const to = Math.min(from + TOGETHER, items.count);
      if (table !== undefined) this.#find(table, source, items, from, to);
      for (let i = from; i < to; i++) {
        const address = table === undefined ? 0 : (this.#found[i - from] as number);
        if (command === 'hmget') response.value(address, out);
        else response.bool(address !== 0, out);
        if (address !== 0) this.#store.touch(address);
      }
    }
  }

  /**
   * Stores the values, or deletes the keys, and appends what was there.
   *
   * @throws whatever {@link SlabWrite} does; nothing has changed then.
   */
  write({ items }: BatchRequest, table: SlabTable, source: ByteWindow, out: ByteWriter): void {
    const write = new SlabWrite(this.#store, table, source, items);
    write.run((address) => this.#response.value(address, out));
  }

  #find(
    table: SlabTable,
    source: ByteWindow,
    { keyStarts, keyEnds }: BatchItems,
    from: number,
    to: number,
  ): void {
    const { hash, records } = this.#store;
    const hashes = this.#hashes;
    // What is read is kept, or nobody would read it.
    let fetched = 0;
    for (let i = from; i < to; i++) {
      const found = hash.hash(source.view, keyStarts[i] as number, keyEnds[i] as number);
      hashes[i - from] = found;
      fetched ^= table.index.first(found);
    }
    for (let i = 0; i < to - from; i++) {
      const address = table.index.first(hashes[i] as number);
      if (address !== 0) fetched ^= records.fetch(address);
    }
    this.fetched = fetched;
    for (let i = from; i < to; i++) {
      const start = keyStarts[i] as number;
      this.#found[i - from] = table.find(
        hashes[i - from] as number,
        source,
        start,
        keyEnds[i] as number,
      );
    }
  }
}
