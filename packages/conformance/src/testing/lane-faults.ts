import {
  type BatchRequest,
  type CommandResponse,
  KvError,
  type LaneAnswer,
  type LaneRequest,
  type TableRequest,
} from '@kv/core';
import { ByteWriter, okResponse } from '@kv/protocol';
import { type Fault, fault } from './fault.js';
import { ModelLane } from './model-lane.js';
import { ModelStorage } from './model-storage.js';

const laneFault = (what: string, caughtBy: RegExp, Lane: typeof ModelLane): Fault =>
  fault(
    what,
    caughtBy,
    class extends ModelStorage {
      override readonly lane = new Lane(this);
    },
  );

/** A lane that defers everything. */
class LateLane extends ModelLane {
  override execute(): number {
    return 0;
  }

  defer(request: LaneRequest, answer: LaneAnswer): boolean {
    const kept = this.keep(request);
    const model = { execute: (_: LaneRequest, out: ByteWriter) => super.execute(kept, out) };
    const lost = new KvError('STORAGE_FAILURE', 'Lost');
    setImmediate(() => {
      try {
        if (!answer.execute(model, kept)) answer.fail(lost);
      } catch {
        answer.fail(lost);
      }
    });
    return true;
  }

  protected keep(request: LaneRequest): LaneRequest {
    return { ...request, bytes: Uint8Array.from(request.bytes) };
  }
}

/** A short way that leads elsewhere. */
export const laneFaults: readonly Fault[] = [
  laneFault(
    'has a lane that never takes anything',
    /^the lane takes requests of one/,
    class extends ModelLane {
      override execute(): number {
        return 0;
      }
    },
  ),
  laneFault(
    'has a lane that answers a miss with an empty value',
    /^the lane answers as/,
    class extends ModelLane {
      protected override append(response: CommandResponse, out: ByteWriter): number {
        const empty = { status: 200, message: '', values: [{ value: { case: undefined } }] };
        return super.append(response.status === 404 ? { ...response, ...empty } : response, out);
      }
    },
  ),
  laneFault(
    'has a lane that says another status than it answers',
    /^the lane answers as/,
    class extends ModelLane {
      override execute(request: LaneRequest, out: ByteWriter): number {
        return super.execute(request, out) === 0 ? 0 : 200;
      }
    },
  ),
  laneFault(
    'has a lane that appends what it does not answer',
    /^the lane (answers as|takes requests of one)/,
    class extends ModelLane {
      override execute(request: LaneRequest, out: ByteWriter): number {
        super.execute(request, out);
        return 0;
      }
    },
  ),
  laneFault(
    'has a lane that carries out what it is only told of',
    /^the lane answers as/,
    class extends ModelLane {
      prefetch(requests: readonly LaneRequest[], count: number): void {
        for (const request of requests.slice(0, count)) this.execute(request, new ByteWriter());
      }
    },
  ),
  laneFault(
    'has a lane that does later what it defers, and lets its methods overtake',
    /^the lane answers as/,
    LateLane,
  ),
  laneFault(
    'has a lane that defers a request and looks at it when it is another',
    /^the lane (answers as|and the methods)/,
    class extends LateLane {
      protected override keep(request: LaneRequest): LaneRequest {
        return { ...request };
      }
    },
  ),
  laneFault(
    'has a lane that never takes several keys, though it could',
    /^the lane takes requests of several keys/,
    class extends ModelLane {
      override executeBatch(): number {
        return 0;
      }
    },
  ),
  laneFault(
    'has a lane that never takes a whole table, though it could',
    /^the lane takes requests of a whole table/,
    class extends ModelLane {
      override executeTable(): number {
        return 0;
      }
    },
  ),
  laneFault(
    'has a lane that carries out a batch and says that it has not',
    /^the lane (answers as|takes requests of several)/,
    class extends ModelLane {
      override executeBatch(request: BatchRequest): number {
        super.executeBatch(request, new ByteWriter());
        return 0;
      }
    },
  ),
  laneFault(
    'has a lane that answers a batch as if each of its keys were the first',
    /^the lane answers as/,
    class extends ModelLane {
      override executeBatch(request: BatchRequest, out: ByteWriter): number {
        if (request.command !== 'hmset' && request.command !== 'hmdel') {
          return super.executeBatch(request, out);
        }
        const before = new ByteWriter();
        super.executeBatch({ ...request, command: 'hmget' }, before);
        const status = super.executeBatch(request, new ByteWriter());
        out.write(before.take());
        return status;
      }
    },
  ),
  laneFault(
    'has a lane that forgets the last of several keys',
    /^the lane answers as/,
    class extends ModelLane {
      override executeBatch(request: BatchRequest, out: ByteWriter): number {
        const { items } = request;
        const count = Math.max(1, items.count - 1);
        return super.executeBatch({ ...request, items: { ...items, count } }, out);
      }
    },
  ),
  laneFault(
    'has a lane that shows a table in another order',
    /^the lane answers as/,
    class extends ModelLane {
      protected override append(response: CommandResponse, out: ByteWriter): number {
        return super.append({ ...response, pairs: [...response.pairs].reverse() }, out);
      }
    },
  ),
  laneFault(
    'has a lane that answers more than the peer can be sent',
    /^the lane answers as/,
    class extends ModelLane {
      override executeTable(request: TableRequest, out: ByteWriter): number {
        return super.executeTable(request, out, Number.POSITIVE_INFINITY);
      }
    },
  ),
  laneFault(
    'has a lane that leaves out what the peer cannot be sent',
    /^the lane answers as/,
    class extends ModelLane {
      override executeTable(request: TableRequest, out: ByteWriter, maxBytes: number): number {
        return super.executeTable(request, out, maxBytes) || super.append(okResponse([]), out);
      }
    },
  ),
  fault(
    'has a lane to another place',
    /^the lane and the methods/,
    class extends ModelStorage {
      override readonly lane = new ModelLane(new ModelStorage());
    },
  ),
  fault(
    'has a lane that goes on after close',
    /^the lane leaves/,
    class extends ModelStorage {
      override readonly lane = new ModelLane(new ModelStorage());
    },
  ),
];
