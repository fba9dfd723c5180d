import type { LaneCommand, LaneRequest } from '../storage/storage-lane.js';
import { RequestReader } from './request-reader.js';

/** Finds the parts of a request in its bytes, if it is one of a single key. */
export class LaneReader extends RequestReader implements LaneRequest {
  command: LaneCommand = 'hget';
  start = 0;
  end = 0;
  hash = 0;

  /**
   * Reads the `CommandRequest` from `start` to `end`.
   *
   * @param view over the same bytes.
   * @returns whether the fields of this object now tell where its parts are; if not, they mean nothing.
   */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    this.begin(bytes, view, start);
    this.start = start;
    this.end = end;
    this.hash = 0;
    this.valueStart = 0;
    this.valueEnd = 0;
    switch (bytes[start]) {
      case 0x0a:
        this.command = 'hget';
        return this.#tableAndKey(end);
      case 0x22:
        this.command = 'hset';
        return this.#tableAndPair(end);
      case 0x32:
        this.command = 'hdel';
        return this.#tableAndKey(end);
      case 0x42:
        this.command = 'hexist';
        return this.#tableAndKey(end);
      default:
        return false;
    }
  }

  #tableAndKey(end: number): boolean {
    return this.fills(end) && this.table(end) && this.key(0x12, end) && this.at === end;
  }

  #tableAndPair(end: number): boolean {
    if (!this.fills(end) || !this.table(end)) return false;
    return this.bytes[this.at++] === 0x12 && this.fills(end) && this.pair(end);
  }
}
