import {
  type BatchRequest,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  dispatch,
  type LaneRequest,
  type Storage,
  type StorageLane,
  type TableRequest,
} from '@kv/core';
import { type ByteWriter, type KvpairMessage, straightLineCodec } from '@kv/protocol';

/** The lane of a storage that has none: what a lane does, by way of the commands. */
export class ModelLane implements StorageLane {
  protected readonly storage: Storage;

  constructor(storage: Storage) {
    this.storage = storage;
  }

  execute(request: LaneRequest, out: ByteWriter): number {
    return this.carryOut(requestOf(request), out);
  }

  executeBatch(request: BatchRequest, out: ByteWriter): number {
    return this.carryOut(batchOf(request), out);
  }

  executeTable(request: TableRequest, out: ByteWriter, maxBytes: number): number {
    const { length } = out;
    const asked = commandRequest('hgetall', { table: tableOf(request) });
    const status = this.carryOut(asked, out);
    if (out.length - length <= maxBytes) return status;
    out.length = length;
    return 0;
  }

  protected carryOut(request: CommandRequest, out: ByteWriter): number {
    try {
      // A storage in memory answers at once.
      const response = dispatch(request, { storage: this.storage }) as CommandResponse;
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

// The requests, whose parts are taken out and put together again.

export function requestOf(request: LaneRequest): CommandRequest {
  const { command, bytes, keyStart, keyEnd, valueStart, valueEnd } = request;
  const table = tableOf(request);
  const pair = pairOf(bytes, keyStart, keyEnd, valueStart, valueEnd);
  if (command === 'hset') return commandRequest(command, { table, pair });
  return commandRequest(command, { table, key: pair.key });
}

function batchOf(request: BatchRequest): CommandRequest {
  const { command, bytes, items } = request;
  const table = tableOf(request);
  const pairs = Array.from({ length: items.count }, (_, i) => {
    const [keyStart = 0, keyEnd = 0] = [items.keyStarts[i], items.keyEnds[i]];
    const [valueStart = 0, valueEnd = 0] = [items.valueStarts[i], items.valueEnds[i]];
    return pairOf(bytes, keyStart, keyEnd, valueStart, valueEnd);
  });
  if (command === 'hmset') return commandRequest(command, { table, pairs });
  return commandRequest(command, { table, keys: pairs.map(({ key }) => key) });
}

function tableOf({ bytes, tableStart, tableEnd }: TableRequest): string {
  return textOf(bytes, tableStart, tableEnd);
}

function pairOf(
  bytes: Uint8Array,
  keyStart: number,
  keyEnd: number,
  valueStart: number,
  valueEnd: number,
): KvpairMessage {
  // A response in which it is the only value is the shortest message to have it read from.
  const value = bytes.slice(valueStart, valueEnd);
  const response = Buffer.concat([Buffer.of(0x1a), varint(value.length), value]);
  const { values } = straightLineCodec.decodeResponse(response, 0, response.length);
  return { key: textOf(bytes, keyStart, keyEnd), ...(values[0] && { value: values[0] }) };
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.slice(start, end)).toString();
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.of(...bytes, rest);
}
