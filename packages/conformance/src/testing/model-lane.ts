import {
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  dispatch,
  type LaneRequest,
  type Storage,
  type StorageLane,
} from '@kv/core';
import { type ByteWriter, straightLineCodec } from '@kv/protocol';

/** The lane of a storage that has none: what a lane does, by way of the commands. */
export class ModelLane implements StorageLane {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  execute(request: LaneRequest, out: ByteWriter): number {
    try {
      // A storage in memory answers at once.
      const response = dispatch(requestOf(request), { storage: this.#storage }) as CommandResponse;
      return this.append(response, out);
    } catch {
      return 0;
    }
  }

  protected append(response: CommandResponse, out: ByteWriter): number {
    straightLineCodec.encodeResponse(response, out);
    return response.status;
  }
}

/** The request, whose parts are taken out and put together again. */
function requestOf({ command, bytes, ...at }: LaneRequest): CommandRequest {
  const text = (start: number, end: number): string =>
    Buffer.from(bytes.slice(start, end)).toString();
  const table = text(at.tableStart, at.tableEnd);
  const key = text(at.keyStart, at.keyEnd);
  if (command !== 'hset') return commandRequest(command, { table, key });
  // A response in which it is the only value is the shortest message to have it read from.
  const value = bytes.slice(at.valueStart, at.valueEnd);
  const response = Buffer.concat([Buffer.of(0x1a), varint(value.length), value]);
  const { values } = straightLineCodec.decodeResponse(response, 0, response.length);
  return commandRequest(command, { table, pair: { key, ...(values[0] && { value: values[0] }) } });
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.of(...bytes, rest);
}
