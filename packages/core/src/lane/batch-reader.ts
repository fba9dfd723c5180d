import { ItemList } from '../storage/item-list.js';
import type { BatchCommand, BatchRequest } from '../storage/storage-lane.js';
import { RequestReader } from './request-reader.js';

/** For so many keys there is room from the beginning. */
const USUAL_ITEMS = 64;
/** With more keys, a request goes the plain way: what is kept to read them stays small. */
export const MAX_ITEMS = 16_384;

/** Finds the parts of a request in its bytes, if it is one of several keys. */
export class BatchReader extends RequestReader implements BatchRequest {
  command: BatchCommand = 'hmget';
  readonly items: ItemList = new ItemList(USUAL_ITEMS);

  /** Reads the `CommandRequest` from `start` to `end`, as {@link LaneReader.read} does. */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    this.begin(bytes, view, start);
    switch (bytes[start]) {
      case 0x1a:
        this.command = 'hmget';
        return this.#tableAndKeys(end);
      case 0x2a:
        this.command = 'hmset';
        return this.#tableAndPairs(end);
      case 0x3a:
        this.command = 'hmdel';
        return this.#tableAndKeys(end);
      case 0x4a:
        this.command = 'hmexist';
        return this.#tableAndKeys(end);
      default:
        return false;
    }
  }

  #tableAndKeys(end: number): boolean {
    if (!this.#beginItems(end)) return false;
    while (this.at < end) {
      if (this.items.count === MAX_ITEMS || !this.key(0x12, end)) return false;
      this.items.add(this.keyStart, this.keyEnd, 0, 0);
    }
    return this.items.count > 0;
  }

  #tableAndPairs(end: number): boolean {
    if (!this.#beginItems(end)) return false;
    while (this.at < end) {
      const length = this.field(0x12, end);
      // If that is none, the end lies before the beginning, and nothing fits between.
      const pairEnd = this.at + length;
      if (this.items.count === MAX_ITEMS || !this.pair(pairEnd)) return false;
      this.items.add(this.keyStart, this.keyEnd, this.valueStart, this.valueEnd);
      this.at = pairEnd;
    }
    return this.items.count > 0;
  }

  #beginItems(end: number): boolean {
    this.items.count = 0;
    return this.fills(end) && this.table(end);
  }
}
