import type { LaneAnswer, LaneRequest, StorageLane } from '@kv/core';
import type { ByteWriter } from '@kv/protocol';
import type { CommitQueue } from './commit-queue.js';

/**
 * The lane of a storage in memory, with a log before it: what changes something is deferred until it is in
 * the log, and so are reads of what is about to change. The log takes the request's own bytes.
 */
export class WalLane implements StorageLane {
  readonly #lane: StorageLane;
  readonly #queue: CommitQueue;
  readonly #isClosed: () => boolean;

  constructor(lane: StorageLane, queue: CommitQueue, isClosed: () => boolean) {
    this.#lane = lane;
    this.#queue = queue;
    this.#isClosed = isClosed;
  }

  execute(request: LaneRequest, out: ByteWriter): number {
    if (isChange(request) || this.#isClosed()) return 0;
    if (this.#queue.isPending(request.view, request.keyStart, request.keyEnd)) return 0;
    return this.#lane.execute(request, out);
  }

  defer(request: LaneRequest, answer: LaneAnswer): boolean {
    if (this.#isClosed()) return false;
    if (!isChange(request)) {
      this.#queue.addRead(request, answer);
      return true;
    }
    try {
      this.#queue.addChange(request, answer);
      return true;
    } catch {
      // Whoever does it the long way is told what is the matter.
      return false;
    }
  }

  prefetch(requests: readonly LaneRequest[], count: number): void {
    this.#lane.prefetch?.(requests, count);
  }
}

const isChange = ({ command }: LaneRequest): boolean => command === 'hset' || command === 'hdel';
