import type { CommandRequest, LaneAnswer, LaneRequest, StorageLane } from '@kv/core';
import { requiredValue } from '@kv/protocol';
import type { Line } from './json-line.js';
import { requestOf } from './model-lane.js';

/** Carries out a command in its turn, when its line, if it has one, is in the file; or declines. */
type Defer = (line: Line | undefined, carryOut: () => void) => Promise<void> | undefined;

/** The lane of a storage that makes one call after the other: nothing is answered at once. */
export class JsonLinesLane implements StorageLane {
  readonly #data: StorageLane;
  readonly #defer: Defer;

  /** @param data what commands are carried out on. */
  constructor(data: StorageLane, defer: Defer) {
    this.#data = data;
    this.#defer = defer;
  }

  execute(): number {
    return 0;
  }

  defer(request: LaneRequest, answer: LaneAnswer): boolean {
    const own = { ...request, bytes: Uint8Array.from(request.bytes) };
    const carryOut = (): void => {
      if (!answer.execute(this.#data, own)) throw new Error('There is no lane');
    };
    const deferred = this.#defer(lineOf(requestOf(own)), carryOut);
    deferred?.catch((error) => answer.fail(error));
    return deferred !== undefined;
  }
}

/** What a command changes, if it changes anything. */
function lineOf({ requestData }: CommandRequest): Line | undefined {
  switch (requestData.case) {
    case 'hset': {
      const { table, pair } = requestData.value;
      const { key = '', value } = pair ?? {};
      return { table, ops: [{ op: 'set', key, value: requiredValue(value) }] };
    }
    case 'hdel': {
      const { table, key } = requestData.value;
      return { table, ops: [{ op: 'delete', key }] };
    }
    default:
      return undefined;
  }
}
