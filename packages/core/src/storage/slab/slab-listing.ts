import type { ByteWriter } from '@kv/protocol';
import { type ResponseWriter, SLACK_BYTES } from './response-writer.js';
import type { Found, TableIndex } from './table-index.js';

/** So many records are counted before they are copied: their memory is fetched at one time. */
const TOGETHER = 64;

/** Appends all of a table to a response. */
export class SlabListing {
  readonly #response: ResponseWriter;

  constructor(response: ResponseWriter) {
    this.#response = response;
  }

  /**
   * Appends every pair, in the order in which the storage's methods show them.
   *
   * @param end how long `out` may become.
   * @returns false as soon as it is known that there is more than that.
   */
  append(index: TableIndex, out: ByteWriter, end: number): boolean {
    const response = this.#response;
    let cursor = 0;
    do {
      const found: Found[] = [];
      cursor = index.collect(cursor, TOGETHER, found);
      let bytes = 0;
      for (const { address } of found) bytes += response.pairBytes(address);
      if (out.length + bytes > end) return false;
      out.reserve(bytes + SLACK_BYTES);
      for (const { address } of found) response.pair(address, out);
    } while (cursor !== 0);
    return true;
  }
}
