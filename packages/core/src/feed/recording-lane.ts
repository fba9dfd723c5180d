import type { ByteWriter } from '@kv/protocol';
import type {
  BatchRequest,
  LaneAnswer,
  LaneRequest,
  StorageLane,
  TableRequest,
} from '../storage/storage-lane.js';

/**
 * The lane of a storage of which changes are recorded: what changes a recorded table is left to the storage's
 * methods, which see old and new values.
 */
export class RecordingLane implements StorageLane {
  readonly executeTable?: (request: TableRequest, out: ByteWriter, maxBytes: number) => number;
  readonly defer?: (request: LaneRequest, answer: LaneAnswer) => boolean;
  readonly #lane: StorageLane;
  readonly #recorded: () => Iterable<string>;

  /** @param recorded the names of the tables of which changes are recorded. */
  constructor(lane: StorageLane, recorded: () => Iterable<string>) {
    this.#lane = lane;
    this.#recorded = recorded;
    // What a lane does not offer is not offered here.
    if (lane.executeTable) this.executeTable = lane.executeTable.bind(lane);
    if (lane.defer) {
      this.defer = (request, answer) =>
        !this.#isRecorded(request) && lane.defer?.(request, answer) === true;
    }
  }

  execute(request: LaneRequest, out: ByteWriter): number {
    return this.#isRecorded(request) ? 0 : this.#lane.execute(request, out);
  }

  executeBatch(request: BatchRequest, out: ByteWriter): number {
    if (this.#isRecorded(request)) return 0;
    return this.#lane.executeBatch?.(request, out) ?? 0;
  }

  prefetch(requests: readonly LaneRequest[], count: number): void {
    this.#lane.prefetch?.(requests, count);
  }

  /** Whether a request changes a table of which changes are recorded. */
  #isRecorded(request: LaneRequest | BatchRequest): boolean {
    switch (request.command) {
      case 'hset':
      case 'hdel':
      case 'hmset':
      case 'hmdel': {
        const { bytes, tableStart, tableEnd } = request;
        for (const table of this.#recorded()) {
          if (isText(bytes, tableStart, tableEnd, table)) return true;
        }
        return false;
      }
      default:
        return false;
    }
  }
}

/** Whether bytes are a text. What is not ASCII is taken for it: it goes the long way, and is answered the same. */
function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  let at = start;
  for (let i = 0; i < text.length; i++, at++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return true;
    if (at === end || bytes[at] !== code) return false;
  }
  return at === end;
}
