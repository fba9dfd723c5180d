import { type CommandResponse, KvError, type LaneAnswer, type LaneRequest } from '@kv/core';
import { ByteWriter } from '@kv/protocol';
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
    setImmediate(() => {
      if (!answer.execute(model, kept)) answer.fail(new KvError('STORAGE_FAILURE', 'Lost'));
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
    /^the lane takes/,
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
    /^the lane (answers as|takes)/,
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
      foresee(requests: readonly LaneRequest[], count: number): void {
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
