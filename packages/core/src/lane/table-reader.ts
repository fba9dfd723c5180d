import type { TableRequest } from '../storage/storage-lane.js';
import { RequestReader } from './request-reader.js';

/** Finds the table in the bytes of a request, if it is one for all of a table. */
export class TableReader extends RequestReader implements TableRequest {
  /** Reads the `CommandRequest` from `start` to `end`, as {@link LaneReader.read} does. */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    this.begin(bytes, view, start);
    return bytes[start] === 0x12 && this.fills(end) && this.table(end) && this.at === end;
  }
}
